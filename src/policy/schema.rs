//! The schema's types, for the checks that Cedar's validator doesn't make.

use std::collections::BTreeMap;

use cedar_policy::{Schema, Validator};
use serde_json::Value;

use super::parameters::Parameters;
use crate::fault::Fault;
use crate::link::{Action, NodeKind, Question};

/// The schema as it is published; the type `Sla` in it is generated.
pub const PUBLISHED: &str = include_str!("../../schemas/nhi.cedarschema");

const BEGIN: &str = "// BEGIN Sla\n";
const END: &str = "// END Sla\n";

/// The text of the schema with a type `Sla` of these parameters.
pub fn text_for(parameters: &Parameters) -> String {
    let head = PUBLISHED.find(BEGIN).map_or(PUBLISHED.len(), |at| at + BEGIN.len());
    let tail = PUBLISHED.find(END).unwrap_or(PUBLISHED.len());
    let (head, tail) = (PUBLISHED.get(..head).unwrap_or(""), PUBLISHED.get(tail..).unwrap_or(""));
    let mut sla = String::from("type Sla = {\n");
    for (name, parameter) in &parameters.0 {
        let optional = if parameter.default.is_some() { "" } else { "?" };
        sla += &format!("  {name}{optional}: duration,\n");
    }
    format!("{head}{sla}}};\n{tail}")
}

/// A type of the schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// `Bool`
    Bool,
    /// `Long`
    Long,
    /// `String`
    String,
    /// An extension type: `datetime`, `duration`, ...
    Extension(String),
    /// An entity of that type.
    Entity(String),
    /// A set of that type.
    Set(Box<Type>),
    /// A record.
    Record(BTreeMap<String, Attribute>),
}

/// An attribute of an entity type or a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its type.
    pub of: Type,
    /// Whether it is always there.
    pub required: bool,
}

/// An entity type.
#[derive(Clone, Debug, Default)]
pub struct EntityType {
    /// Its attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// Its ids, if it is enumerated.
    pub words: Vec<String>,
    /// Whether it has free facts.
    pub tags: bool,
    /// The types that it can be in.
    pub parents: Vec<String>,
}

/// What one question can be: types of principal and resource, and the action.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Env {
    /// What is asked.
    pub action: Action,
    /// The type of the principal.
    pub principal: NodeKind,
    /// The type of the resource.
    pub resource: NodeKind,
}

impl Env {
    /// What a question is.
    #[inline]
    pub fn of(question: Question) -> Self {
        let Question { action, principal, resource } = question;
        Self { action, principal: principal.kind, resource: resource.kind }
    }
}

/// The schema, validated by Cedar and readable by us.
pub struct Types {
    /// For Cedar: the schema, ready to validate against.
    pub validator: Validator,
    entities: BTreeMap<String, EntityType>,
    sla: Type,
}

impl Types {
    /// Reads the schema for these parameters.
    ///
    /// # Errors
    /// Only if parameters have names that Cedar refuses.
    pub fn new(parameters: &Parameters) -> Result<Self, Fault> {
        let text = text_for(parameters);
        let broken = |error: &dyn std::fmt::Display| {
            Fault::new(
                format!("the schema can't be built: {error}"),
                "name parameters with letters, digits and underscores",
            )
        };
        let (schema, json) = rayon::join(
            || Schema::from_cedarschema_str(&text),
            || cedar_policy::schema_str_to_json_with_resolved_types(&text),
        );
        let (schema, _) = schema.map_err(|error| broken(&error))?;
        let (json, _) = json.map_err(|error| broken(&error))?;
        let root = json.get("").unwrap_or(&Value::Null);
        let common = root.get("commonTypes").unwrap_or(&Value::Null);
        let entities = root.get("entityTypes").and_then(Value::as_object).into_iter().flatten();
        let entities = entities.map(|(name, entity)| (name.clone(), entity_type(entity, common)));
        let sla = common.get("Sla").and_then(|sla| type_of(sla, common));
        let sla = sla.unwrap_or_else(|| Type::Record(BTreeMap::new()));
        Ok(Self { validator: Validator::new(schema), entities: entities.collect(), sla })
    }

    /// The schema for Cedar.
    pub fn schema(&self) -> &Schema {
        self.validator.schema()
    }

    /// An entity type by its name.
    pub fn entity(&self, name: &str) -> Option<&EntityType> {
        self.entities.get(name)
    }

    /// All entity types.
    pub fn entities(&self) -> &BTreeMap<String, EntityType> {
        &self.entities
    }

    /// An attribute of a type.
    pub fn attribute<'a>(&'a self, of: &'a Type, name: &str) -> Option<&'a Attribute> {
        match of {
            Type::Entity(entity) => self.entities.get(entity)?.attributes.get(name),
            Type::Record(attributes) => attributes.get(name),
            _ => None,
        }
    }

    /// The names of a type's attributes.
    pub fn attribute_names<'a>(&'a self, of: &'a Type) -> Vec<&'a str> {
        let attributes = match of {
            Type::Entity(entity) => self.entities.get(entity).map(|entity| &entity.attributes),
            Type::Record(attributes) => Some(attributes),
            _ => None,
        };
        attributes.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The type of `context` for an action.
    pub fn context(&self, action: Action) -> Type {
        let datetime = Attribute { of: Type::Extension("datetime".into()), required: true };
        let sla = Attribute { of: self.sla.clone(), required: true };
        let mut context = BTreeMap::from([("now".into(), datetime.clone()), ("sla".into(), sla)]);
        if action.is_about_the_run() {
            context.insert("run_at".into(), datetime);
        }
        Type::Record(context)
    }

    /// What a Cedar request environment is here; none for what is not asked.
    pub fn env(env: &cedar_policy::RequestEnv) -> Option<Env> {
        let action: &str = env.action().id().unescaped();
        Some(Env {
            action: Action::ALL.iter().copied().find(|one| one.name() == action)?,
            principal: NodeKind::from_name(env.principal().basename())?,
            resource: NodeKind::from_name(env.resource().basename())?,
        })
    }
}

fn entity_type(entity: &Value, common: &Value) -> EntityType {
    let shape = entity.get("shape").and_then(|shape| type_of(shape, common));
    let words = entity.get("enum").and_then(Value::as_array).into_iter().flatten();
    EntityType {
        attributes: if let Some(Type::Record(attributes)) = shape {
            attributes
        } else {
            BTreeMap::new()
        },
        words: words.filter_map(|word| Some(word.as_str()?.to_owned())).collect(),
        tags: entity.get("tags").is_some(),
        parents: entity
            .get("memberOfTypes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|parent| Some(parent.as_str()?.to_owned()))
            .collect(),
    }
}

fn type_of(json: &Value, common: &Value) -> Option<Type> {
    let name = |json: &Value| Some(json.get("name")?.as_str()?.to_owned());
    Some(match json.get("type")?.as_str()? {
        "Bool" | "Boolean" => Type::Bool,
        "Long" => Type::Long,
        "String" => Type::String,
        "Entity" => Type::Entity(name(json)?),
        "Extension" => Type::Extension(name(json)?),
        "Set" => Type::Set(Box::new(type_of(json.get("element")?, common)?)),
        "Record" => {
            let attributes =
                json.get("attributes").and_then(Value::as_object).into_iter().flatten();
            Type::Record(
                attributes
                    .filter_map(|(name, attribute)| {
                        let required = attribute.get("required").and_then(Value::as_bool);
                        let of = type_of(attribute, common)?;
                        Some((name.clone(), Attribute { of, required: required.unwrap_or(true) }))
                    })
                    .collect(),
            )
        }
        extension @ ("datetime" | "duration" | "decimal" | "ipaddr") => {
            Type::Extension(extension.into())
        }
        other => return type_of(common.get(other)?, common),
    })
}
