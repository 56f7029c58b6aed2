//! The language in which the constraints of a type are written down: what may stand in a field,
//! what must, and which rules hold between fields.
//!
//! Tables in this language stand beside the types (`gateway/constraints.rs`, ...). Everything that
//! looks at objects or describes them reads the same tables: validation, defaulting of raw
//! documents, and the schemas.

use serde_json::{Map, Value};

use super::pattern::Pattern;
use super::rule::Rule;

/// Which of the two sets of CRDs an API server has. spec: "Release channels".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Stable fields and kinds.
    Standard,
    /// Those and the experimental ones.
    #[default]
    Experimental,
}

impl Channel {
    /// Both channels.
    pub const ALL: [Channel; 2] = [Channel::Standard, Channel::Experimental];

    /// The name, as the annotation `gateway.networking.k8s.io/channel` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Standard => "standard",
            Channel::Experimental => "experimental",
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The channels that a field or a rule is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    Only(Channel),
}

impl When {
    pub(crate) fn includes(self, channel: Channel) -> bool {
        match self {
            When::Always => true,
            When::Only(only) => only == channel,
        }
    }
}

/// What may stand in one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) shape: Shape,
    /// What an API server puts where nothing stands.
    pub(crate) default: Option<Literal>,
    pub(crate) rules: &'static [Rule],
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Text(Text),
    Integer(Integer),
    Boolean,
    List(List),
    Object(Object),
    Map(MapShape),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// In characters.
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<&'static Pattern>,
    /// The only values there may be; none means any.
    pub(crate) values: &'static [&'static str],
    /// Whether it must be a point in time, RFC 3339.
    pub(crate) date_time: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Integer {
    pub(crate) width: Width,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    /// The only values there may be; none means any.
    pub(crate) values: &'static [i64],
}

/// The format of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Unnamed,
    Int32,
    Int64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) items: &'static Schema,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) kind: ListKind,
}

/// What an API server takes for one item of a list. spec: `x-kubernetes-list-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    Atomic,
    /// Items are different from each other.
    Set,
    /// Items differ in these fields.
    Keyed(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) fields: &'static [Field],
    /// Whether writers own it as a whole. spec: `x-kubernetes-map-type`.
    pub(crate) atomic: bool,
    pub(crate) address: Option<AddressUnion>,
}

/// "Where `type` has this value, `value` is an IP address": the one union that the CRDs write as
/// `oneOf`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressUnion {
    pub(crate) by: &'static str,
    pub(crate) is: &'static str,
    pub(crate) value: &'static str,
}

/// An object whose keys are the users'.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapShape {
    pub(crate) values: &'static Schema,
    pub(crate) max_entries: Option<usize>,
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    pub(crate) required: bool,
    pub(crate) when: When,
}

/// A value that is known when this crate is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Literal {
    Text(&'static str),
    Integer(i64),
    List(&'static [Literal]),
    Object(&'static [(&'static str, Literal)]),
}

impl Literal {
    pub(crate) fn to_value(self) -> Value {
        match self {
            Literal::Text(text) => text.into(),
            Literal::Integer(number) => number.into(),
            Literal::List(items) => items.iter().map(|item| item.to_value()).collect(),
            Literal::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_value())).collect())
            }
        }
    }
}

const fn schema(shape: Shape) -> Schema {
    Schema { shape, default: None, rules: &[] }
}

/// Any text.
pub(crate) const fn text() -> Schema {
    schema(Shape::Text(Text { min_length: None, max_length: None, pattern: None, values: &[], date_time: false }))
}

/// A text of so many characters.
pub(crate) const fn text_of(min: usize, max: usize) -> Schema {
    text().min(min).max(max)
}

/// One of these texts.
pub(crate) const fn one_of(values: &'static [&'static str]) -> Schema {
    schema(Shape::Text(Text { min_length: None, max_length: None, pattern: None, values, date_time: false }))
}

/// A point in time.
pub(crate) const fn date_time() -> Schema {
    schema(Shape::Text(Text { min_length: None, max_length: None, pattern: None, values: &[], date_time: true }))
}

const fn integer_of(width: Width, values: &'static [i64]) -> Schema {
    schema(Shape::Integer(Integer { width, minimum: None, maximum: None, values }))
}

/// A whole number.
pub(crate) const fn integer() -> Schema {
    integer_of(Width::Unnamed, &[])
}

/// A whole number of 32 bits.
pub(crate) const fn int32() -> Schema {
    integer_of(Width::Int32, &[])
}

/// A whole number of 64 bits.
pub(crate) const fn int64() -> Schema {
    integer_of(Width::Int64, &[])
}

/// One of these whole numbers.
pub(crate) const fn one_of_integers(values: &'static [i64]) -> Schema {
    integer_of(Width::Unnamed, values)
}

/// `true` or `false`.
pub(crate) const fn boolean() -> Schema {
    schema(Shape::Boolean)
}

const fn list(items: &'static Schema, kind: ListKind) -> Schema {
    schema(Shape::List(List { items, min_items: None, max_items: None, kind }))
}

/// A list that is written as a whole.
pub(crate) const fn list_of(items: &'static Schema) -> Schema {
    list(items, ListKind::Atomic)
}

/// A list without repetitions.
pub(crate) const fn set_of(items: &'static Schema) -> Schema {
    list(items, ListKind::Set)
}

/// A list whose items differ in these fields.
pub(crate) const fn list_by(keys: &'static [&'static str], items: &'static Schema) -> Schema {
    list(items, ListKind::Keyed(keys))
}

/// An object with these fields.
pub(crate) const fn object(fields: &'static [Field]) -> Schema {
    schema(Shape::Object(Object { fields, atomic: false, address: None }))
}

/// An object with keys of the users' choice.
pub(crate) const fn map_of(values: &'static Schema) -> Schema {
    schema(Shape::Map(MapShape { values, max_entries: None }))
}

/// A field; it may be left out.
pub(crate) const fn field(name: &'static str, schema: Schema) -> Field {
    Field { name, schema, required: false, when: When::Always }
}

impl Field {
    /// It must be there.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Only the standard channel has it like this.
    pub(crate) const fn standard(mut self) -> Self {
        self.when = When::Only(Channel::Standard);
        self
    }

    /// Only the experimental channel has it (like this).
    pub(crate) const fn experimental(mut self) -> Self {
        self.when = When::Only(Channel::Experimental);
        self
    }
}

/// Bounds are those of what the schema is about: characters, items, entries or the number itself.
impl Schema {
    pub(crate) const fn min(mut self, bound: usize) -> Self {
        match &mut self.shape {
            Shape::Text(text) => text.min_length = Some(bound),
            Shape::Integer(integer) => integer.minimum = Some(bound as i64),
            Shape::List(list) => list.min_items = Some(bound),
            Shape::Boolean | Shape::Object(_) | Shape::Map(_) => unbounded(),
        }
        self
    }

    pub(crate) const fn max(mut self, bound: usize) -> Self {
        match &mut self.shape {
            Shape::Text(text) => text.max_length = Some(bound),
            Shape::Integer(integer) => integer.maximum = Some(bound as i64),
            Shape::List(list) => list.max_items = Some(bound),
            Shape::Map(map) => map.max_entries = Some(bound),
            Shape::Boolean | Shape::Object(_) => unbounded(),
        }
        self
    }

    pub(crate) const fn range(self, min: usize, max: usize) -> Self {
        self.min(min).max(max)
    }

    pub(crate) const fn pattern(mut self, pattern: &'static Pattern) -> Self {
        match &mut self.shape {
            Shape::Text(text) => text.pattern = Some(pattern),
            _ => unbounded(),
        }
        self
    }

    pub(crate) const fn default(mut self, value: Literal) -> Self {
        self.default = Some(value);
        self
    }

    pub(crate) const fn default_text(self, value: &'static str) -> Self {
        self.default(Literal::Text(value))
    }

    pub(crate) const fn default_integer(self, value: i64) -> Self {
        self.default(Literal::Integer(value))
    }

    /// What must hold beyond the shape.
    pub(crate) const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    /// Writers own the object as a whole.
    pub(crate) const fn atomic(mut self) -> Self {
        match &mut self.shape {
            Shape::Object(object) => object.atomic = true,
            _ => unbounded(),
        }
        self
    }

    pub(crate) const fn address_union(mut self, union: AddressUnion) -> Self {
        match &mut self.shape {
            Shape::Object(object) => object.address = Some(union),
            _ => unbounded(),
        }
        self
    }
}

/// A table that sets a bound where there is nothing to bound does not compile.
#[expect(clippy::panic, reason = "tables are constants, so this is an error of the compiler")]
const fn unbounded() {
    panic!("this shape has no such constraint")
}

impl Object {
    /// The fields that the channel has.
    pub(crate) fn fields(&self, channel: Channel) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(move |field| field.when.includes(channel))
    }

    pub(crate) fn field(&self, name: &str, channel: Channel) -> Option<&'static Field> {
        self.fields(channel).find(|field| field.name == name)
    }
}

impl AddressUnion {
    /// Whether an object's value must be an IP address.
    pub(crate) fn asks_for_ip(&self, object: &Map<String, Value>) -> bool {
        object.get(self.by).and_then(Value::as_str) == Some(self.is)
    }
}
