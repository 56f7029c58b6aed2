//! The model's types work with `kube::Api`: they implement k8s-openapi's `Resource` and
//! `Metadata`, which is all that kube asks for.
#![forbid(unsafe_code)]

use gateway_match::{Profile, Topology};
use gateway_model::{Gateway, HttpRoute, Resources};
use k8s_openapi::api::core::v1::{Namespace, Service};
use kube::api::{Api, ListParams};
use kube::{Client, Error};

/// The topology of everything that a cluster holds now.
pub async fn topology(client: Client, profile: &Profile) -> Result<Topology, Error> {
    let all = ListParams::default();
    let mut resources = Resources::new();
    resources.extend(Api::<Gateway>::all(client.clone()).list(&all).await?);
    resources.extend(Api::<HttpRoute>::all(client.clone()).list(&all).await?);
    resources.extend(Api::<Service>::all(client.clone()).list(&all).await?);
    resources.extend(Api::<Namespace>::all(client).list(&all).await?);
    Ok(Topology::resolve(&resources, profile))
}
