//! What is reported of GatewayClasses and meshes.

use gateway_model::{
    Feature, GatewayClass, GatewayClassStatus, ParametersReference, SupportedFeature, XMesh, XMeshStatus, legal,
};

use crate::reporter::Reporter;
use crate::verdict::{Verdict, conditions};

/// The newest minor version of the API that is served; the older ones of v1 are too.
const NEWEST_MINOR: u32 = 6;

/// The status of a GatewayClass. spec: `GatewayClassStatus`.
pub(crate) fn gateway_class_status(reporter: &Reporter<'_>, class: &GatewayClass) -> GatewayClassStatus {
    let accepted = match parameters_problem(reporter, class.spec.parameters_ref.as_ref()) {
        Some(problem) => Verdict::new(legal!(GatewayClass, Accepted, False, InvalidParameters), problem),
        None => Verdict::new(legal!(GatewayClass, Accepted, True, Accepted), "Gateways of the class are served"),
    };
    let verdicts = std::iter::once(accepted).chain(supported_version(reporter)).collect::<Vec<_>>();
    GatewayClassStatus {
        conditions: conditions(&verdicts, class.metadata.generation),
        supported_features: features(reporter, |feature| feature.base() != Feature::Mesh),
    }
}

/// The status of an XMesh. spec: `MeshStatus`.
pub(crate) fn mesh_status(reporter: &Reporter<'_>, mesh: &XMesh) -> XMeshStatus {
    let accepted = match parameters_problem(reporter, mesh.spec.parameters_ref.as_ref()) {
        Some(problem) => Verdict::new(legal!(Mesh, Accepted, False, InvalidParameters), problem),
        None => Verdict::new(legal!(Mesh, Accepted, True, Accepted), "the mesh is served"),
    };
    XMeshStatus {
        conditions: conditions([&accepted], mesh.metadata.generation),
        supported_features: features(reporter, |feature| feature.base() == Feature::Mesh),
    }
}

/// spec: `GatewayClassStatus.supportedFeatures`, sorted by name.
fn features(reporter: &Reporter<'_>, belongs: impl Fn(Feature) -> bool) -> Vec<SupportedFeature> {
    let supported = reporter.topology.profile().supported_features();
    let names = supported.iter().filter(|feature| belongs(*feature)).map(Feature::as_str);
    names.map(|name| SupportedFeature { name: name.to_owned() }).collect()
}

fn parameters_problem(reporter: &Reporter<'_>, reference: Option<&ParametersReference>) -> Option<String> {
    let ParametersReference { group, kind, name, namespace } = reference?;
    let problem = reporter.parameters_problem(group, kind, namespace.as_deref().unwrap_or(""), name)?;
    Some(format!("spec.parametersRef: {problem}"))
}

/// spec: `GatewayClassConditionStatusSupportedVersion`; nothing where nothing is known of the CRDs.
fn supported_version(reporter: &Reporter<'_>) -> Option<Verdict> {
    let versions = reporter.word.bundle_versions()?;
    let strange = versions.iter().find(|version| !version.as_deref().is_some_and(is_served));
    Some(match strange {
        None => {
            let message = "the CRDs are of versions that are served";
            Verdict::new(legal!(GatewayClass, SupportedVersion, True, SupportedVersion), message)
        }
        Some(version) => {
            let found = version.as_deref().unwrap_or("no version");
            let message = format!("a CRD is of `{found}`; v1.0 to v1.{NEWEST_MINOR} are served");
            Verdict::new(legal!(GatewayClass, SupportedVersion, False, UnsupportedVersion), message)
        }
    })
}

/// Whether a bundle version (`v1.6.1`) is served.
fn is_served(version: &str) -> bool {
    let mut parts = version.strip_prefix('v').unwrap_or("").split(['.', '-']);
    let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
    number() == Some(1) && number().is_some_and(|minor| minor <= NEWEST_MINOR)
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_up_to_ours_are_served() {
        for (version, served) in [
            ("v1.6.1", true),
            ("v1.0.0", true),
            ("v1.6.0-rc.1", true),
            ("v1.7.0", false),
            ("v0.8.1", false),
            ("v2.0.0", false),
            ("1.6.1", false),
            ("", false),
            ("v1", false),
            ("vX.Y", false),
        ] {
            assert_eq!(super::is_served(version), served, "{version}");
        }
    }
}
