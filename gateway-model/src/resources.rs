//! The set of objects that decisions are made from.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use rpds::RedBlackTreeMapSync;

use crate::key::{ObjectKey, ResourceKind};
use crate::object::{
    BackendTlsPolicy, Gateway, GatewayClass, GrpcRoute, HttpRoute, ListenerSet, ReferenceGrant, ServiceImport,
    TcpRoute, TlsRoute, UdpRoute, XBackend, XBackendTrafficPolicy, XMesh,
};

/// Objects of every kind that decisions look at, by kind, namespace and name.
///
/// A value: a clone costs O(1) and shares everything; a change to the clone costs O(log n) and
/// shares what it does not touch. Objects are kept as written. The iteration order is that of
/// namespace and name, whatever the order of insertion.
///
/// ```
/// use gateway_model::{HttpRoute, Resources, read_objects};
///
/// let document = serde_json::json!({
///     "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
///     "metadata": {"name": "cart"}, "spec": {"parentRefs": [{"name": "public"}]}
/// });
/// let mut resources = Resources::new();
/// for read in read_objects(document, "shop") {
///     resources.insert_any(read.object?);
/// }
/// assert_eq!(resources.get::<HttpRoute>("shop", "cart").unwrap().name(), "cart");
/// # Ok::<(), gateway_model::ReadError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Resources {
    stores: Stores,
    /// How many objects each namespace holds: a namespace exists when something is in it.
    population: RedBlackTreeMapSync<Arc<str>, usize>,
}

type Store<T> = RedBlackTreeMapSync<Name, Arc<T>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name {
    namespace: Arc<str>,
    name: Arc<str>,
}

impl Name {
    fn new(namespace: &str, name: &str) -> Self {
        Name { namespace: namespace.into(), name: name.into() }
    }
}

/// A name as it is looked up, without the allocations of a [`Name`].
trait Named {
    /// Namespace and name, which are compared in this order as those of [`Name`] are.
    fn parts(&self) -> (&str, &str);
}

impl Named for Name {
    fn parts(&self) -> (&str, &str) {
        (&self.namespace, &self.name)
    }
}

impl Named for (&str, &str) {
    fn parts(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn Named + 'a> for Name {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Named + '_ {}

impl PartialOrd for dyn Named + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn Named + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

/// A type of object that [`Resources`] holds. Sealed.
pub trait Stored: Clone + k8s_openapi::Metadata<Ty = ObjectMeta> + sealed::Sealed + 'static {
    /// The kind of such objects.
    const RESOURCE_KIND: ResourceKind;
}

mod sealed {
    use super::{Store, Stores};

    pub trait Sealed: Sized {
        #[expect(private_interfaces, reason = "nobody outside can name or call it")]
        fn store(stores: &Stores) -> &Store<Self>;
        #[expect(private_interfaces, reason = "nobody outside can name or call it")]
        fn store_mut(stores: &mut Stores) -> &mut Store<Self>;
    }
}

macro_rules! stored {
    ($( $kind:ident: $object:ty, $field:ident; )+) => {
        #[derive(Clone, Debug, Default)]
        struct Stores { $( $field: Store<$object>, )+ }

        /// An object of any kind that decisions look at.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum AnyObject {
            $(
                #[doc = concat!("A ", stringify!($kind), ".")]
                $kind(Arc<$object>),
            )+
        }

        impl AnyObject {
            /// The object's identity.
            pub fn key(&self) -> ObjectKey {
                match self { $( AnyObject::$kind(object) => key_of(&**object), )+ }
            }

            /// The object's metadata.
            pub fn metadata(&self) -> &ObjectMeta {
                match self { $( AnyObject::$kind(object) => k8s_openapi::Metadata::metadata(&**object), )+ }
            }
        }

        impl Resources {
            /// Puts an object in, and gives back the one that had its key before.
            pub fn insert_any(&mut self, object: AnyObject) -> Option<AnyObject> {
                match object { $( AnyObject::$kind(object) => self.insert_arc(object).map(AnyObject::$kind), )+ }
            }

            /// Takes the object with that key out.
            pub fn remove(&mut self, key: &ObjectKey) -> Option<AnyObject> {
                match key.kind { $( ResourceKind::$kind => self.take::<$object>(key).map(AnyObject::$kind), )+ }
            }

            /// The object with that key.
            pub fn get_any(&self, key: &ObjectKey) -> Option<AnyObject> {
                match key.kind {
                    $( ResourceKind::$kind => self.get::<$object>(&key.namespace, &key.name).cloned().map(AnyObject::$kind), )+
                }
            }

            /// Every object, by kind, namespace and name.
            pub fn iter_any(&self) -> impl Iterator<Item = AnyObject> + '_ {
                std::iter::empty() $( .chain(self.iter::<$object>().cloned().map(AnyObject::$kind)) )+
            }

            /// Number of objects.
            pub fn len(&self) -> usize {
                0 $( + self.stores.$field.size() )+
            }
        }

        $(
            impl Stored for $object {
                const RESOURCE_KIND: ResourceKind = ResourceKind::$kind;
            }

            impl sealed::Sealed for $object {
                #[expect(private_interfaces, reason = "nobody outside can name or call it")]
                fn store(stores: &Stores) -> &Store<Self> { &stores.$field }
                #[expect(private_interfaces, reason = "nobody outside can name or call it")]
                fn store_mut(stores: &mut Stores) -> &mut Store<Self> { &mut stores.$field }
            }

            impl From<$object> for AnyObject {
                fn from(object: $object) -> Self { AnyObject::$kind(Arc::new(object)) }
            }
        )+
    };
}

stored! {
    GatewayClass: GatewayClass, gateway_classes;
    Gateway: Gateway, gateways;
    ListenerSet: ListenerSet, listener_sets;
    HttpRoute: HttpRoute, http_routes;
    GrpcRoute: GrpcRoute, grpc_routes;
    TlsRoute: TlsRoute, tls_routes;
    TcpRoute: TcpRoute, tcp_routes;
    UdpRoute: UdpRoute, udp_routes;
    ReferenceGrant: ReferenceGrant, reference_grants;
    BackendTlsPolicy: BackendTlsPolicy, backend_tls_policies;
    XBackend: XBackend, x_backends;
    XBackendTrafficPolicy: XBackendTrafficPolicy, x_backend_traffic_policies;
    XMesh: XMesh, x_meshes;
    Namespace: Namespace, namespaces;
    Service: Service, services;
    Secret: Secret, secrets;
    ConfigMap: ConfigMap, config_maps;
    EndpointSlice: EndpointSlice, endpoint_slices;
    ServiceImport: ServiceImport, service_imports;
}

impl Resources {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts an object in, and gives back the one that had its key before. O(log n).
    pub fn insert<T: Stored>(&mut self, object: T) -> Option<Arc<T>> {
        self.insert_arc(Arc::new(object))
    }

    fn insert_arc<T: Stored>(&mut self, object: Arc<T>) -> Option<Arc<T>> {
        let key = key_of(&*object);
        let name = Name { namespace: key.namespace, name: key.name };
        let store = T::store_mut(&mut self.stores);
        let before = store.get(&name).cloned();
        store.insert_mut(name.clone(), object);
        if before.is_none() {
            let count = self.population.get(&name.namespace).copied().unwrap_or(0);
            self.population.insert_mut(name.namespace, count + 1);
        }
        before
    }

    fn take<T: Stored>(&mut self, key: &ObjectKey) -> Option<Arc<T>> {
        let name = Name { namespace: key.namespace.clone(), name: key.name.clone() };
        let store = T::store_mut(&mut self.stores);
        let before = store.get(&name).cloned()?;
        store.remove_mut(&name);
        match self.population.get(&name.namespace).copied() {
            Some(count) if count > 1 => self.population.insert_mut(name.namespace, count - 1),
            _ => {
                self.population.remove_mut(&name.namespace);
            }
        }
        Some(before)
    }

    /// The object of that type with that name; kinds without a namespace have the empty one. O(log n).
    pub fn get<T: Stored>(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        let namespace = if T::RESOURCE_KIND.is_namespaced() { namespace } else { "" };
        T::store(&self.stores).get::<dyn Named + '_>(&(namespace, name))
    }

    /// Every object of a type, by namespace and name.
    pub fn iter<T: Stored>(&self) -> impl Iterator<Item = &Arc<T>> {
        T::store(&self.stores).values()
    }

    /// Every object of a type in one namespace, by name. O(log n + found).
    pub fn in_namespace<'a, T: Stored>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<T>> + 'a {
        T::store(&self.stores)
            .range(Name::new(namespace, "")..)
            .take_while(move |(name, _)| &*name.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// Whether an object with that key is in the set.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.get_any(key).is_some()
    }

    /// The labels of a namespace, or `None` if there is no such namespace.
    ///
    /// Every namespace carries the label `kubernetes.io/metadata.name`, as an API server sees to,
    /// and a namespace that only occurs as some object's namespace exists.
    pub fn namespace_labels(&self, namespace: &str) -> Option<BTreeMap<String, String>> {
        let object = self.get::<Namespace>("", namespace);
        if object.is_none() && self.population.get(namespace).is_none() {
            return None;
        }
        let mut labels = object.and_then(|object| object.metadata.labels.clone()).unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
        Some(labels)
    }
}

impl<T: Into<AnyObject>> Extend<T> for Resources {
    /// Puts objects in; of two with one key the later stays.
    fn extend<I: IntoIterator<Item = T>>(&mut self, objects: I) {
        for object in objects {
            self.insert_any(object.into());
        }
    }
}

impl<T: Into<AnyObject>> FromIterator<T> for Resources {
    fn from_iter<I: IntoIterator<Item = T>>(objects: I) -> Self {
        let mut resources = Resources::new();
        resources.extend(objects);
        resources
    }
}

/// The identity of an object, from its metadata.
pub(crate) fn key_of<T: Stored>(object: &T) -> ObjectKey {
    let metadata = object.metadata();
    ObjectKey::new(
        T::RESOURCE_KIND,
        metadata.namespace.as_deref().unwrap_or(""),
        metadata.name.as_deref().unwrap_or(""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_route::HttpRouteSpec;
    use crate::object::Object;

    fn route(namespace: &str, name: &str) -> HttpRoute {
        Object::new(namespace, name, HttpRouteSpec::default())
    }

    #[test]
    fn a_clone_shares_and_does_not_see_later_changes() {
        let mut first: Resources = [route("b", "x"), route("a", "y"), route("a-b", "x")].into_iter().collect();
        let second = first.clone();
        let key = ObjectKey::new(ResourceKind::HttpRoute, "a", "y");
        assert!(first.remove(&key).is_some());
        assert!(first.remove(&key).is_none());
        assert!(!first.contains(&key));
        assert!(second.contains(&key));
        let names: Vec<_> = second.iter_any().map(|object| object.key().to_string()).collect();
        assert_eq!(names, ["HTTPRoute a/y", "HTTPRoute a-b/x", "HTTPRoute b/x"]);
        assert_eq!((first.len(), second.len()), (2, 3));
        assert!(std::ptr::eq(
            Arc::as_ptr(first.get::<HttpRoute>("b", "x").unwrap()),
            Arc::as_ptr(second.get::<HttpRoute>("b", "x").unwrap())
        ));
    }

    #[test]
    fn one_namespace_is_listed_without_its_neighbours() {
        let resources: Resources = [("a", "x"), ("a", "y"), ("a-b", "x"), ("ab", "z")]
            .into_iter()
            .map(|(namespace, name)| route(namespace, name))
            .collect();
        let names: Vec<_> = resources.in_namespace::<HttpRoute>("a").map(|route| route.name()).collect();
        assert_eq!(names, ["x", "y"]);
    }

    #[test]
    fn a_namespace_exists_while_something_is_in_it_and_carries_its_name_as_a_label() {
        let mut resources = Resources::new();
        assert_eq!(resources.namespace_labels("shop"), None);
        resources.insert(route("shop", "r"));
        resources.insert(route("shop", "r"));
        let labels = resources.namespace_labels("shop").unwrap();
        assert_eq!(labels.get("kubernetes.io/metadata.name").map(String::as_str), Some("shop"));
        resources.insert(route("shop", "second"));
        resources.insert(route("shop", "third"));
        for (name, is_last) in [("r", false), ("third", false), ("second", true)] {
            resources.remove(&ObjectKey::new(ResourceKind::HttpRoute, "shop", name));
            assert_eq!(resources.namespace_labels("shop").is_none(), is_last, "without {name}");
        }

        let mut namespace = Namespace::default();
        namespace.metadata.name = Some("shop".to_owned());
        namespace.metadata.labels = Some([("team".to_owned(), "web".to_owned())].into());
        resources.insert(namespace);
        let labels = resources.namespace_labels("shop").unwrap();
        assert_eq!(labels.len(), 2, "{labels:?}");
    }
}
