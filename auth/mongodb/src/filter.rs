//! Which documents are about a client.

use crate::SettingsError;
use dunlin_access::{ClientInfo, Password};
use dunlin_auth_backend::NameTemplate;
use dunlin_auth_backend::sql::Purpose;
use mongodb::bson::{Bson, Document};
use serde_json::Value;

/// No filter that somebody has written is deeper.
const MAX_DEPTH: usize = 32;

/// Operators whose operands are compared with what is stored, as they are. All others take texts apart: patterns, paths of
/// fields, programs. A client must not write those.
const COMPARING_OPERATORS: [&str; 14] =
    ["$and", "$or", "$nor", "$not", "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all", "$elemMatch"];

/// Which documents are about a client: `filter` of the settings, in which `${…}` stands for names of the client.
///
/// A text with `${…}` becomes a text, whatever is in the names: never an operator, a pattern or another document. There are no
/// placeholders in keys, nor in what an operator takes apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Vec<(String, Node)>);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Constant(Bson),
    Text(NameTemplate),
    Document(Vec<(String, Node)>),
    Array(Vec<Node>),
}

impl Filter {
    /// The filter that finds users. `${password}` is there too.
    ///
    /// # Errors
    /// What cannot be used in it, and where.
    pub fn for_users(filter: &Value) -> Result<Self, SettingsError> {
        Self::read(filter, Purpose::Authentication)
    }

    /// The filter that finds rules.
    ///
    /// # Errors
    /// What cannot be used in it, and where.
    pub fn for_rules(filter: &Value) -> Result<Self, SettingsError> {
        Self::read(filter, Purpose::Authorization)
    }

    fn read(filter: &Value, purpose: Purpose) -> Result<Self, SettingsError> {
        let mut reader = Reader { purpose, path: Vec::new() };
        match reader.node(filter)? {
            Node::Document(fields) => Ok(Self(fields)),
            _ => Err(reader.refused("write an object, such as {\"username\": \"${username}\"}".into())),
        }
    }

    /// The filter for a client. `None` if no document can be meant: its names would make another client of it, or a password
    /// is no text.
    pub(crate) fn for_client(&self, client: &ClientInfo, password: Option<&Password>) -> Option<Document> {
        document(&self.0, client, password)
    }
}

fn document(fields: &[(String, Node)], client: &ClientInfo, password: Option<&Password>) -> Option<Document> {
    fields.iter().map(|(key, node)| Some((key.clone(), node.value(client, password)?))).collect()
}

impl Node {
    fn value(&self, client: &ClientInfo, password: Option<&Password>) -> Option<Bson> {
        Some(match self {
            Self::Constant(value) => value.clone(),
            Self::Text(template) => Bson::String(String::from_utf8(template.render(client, password)?).ok()?),
            Self::Document(fields) => Bson::Document(document(fields, client, password)?),
            Self::Array(nodes) => {
                Bson::Array(nodes.iter().map(|node| node.value(client, password)).collect::<Option<_>>()?)
            }
        })
    }
}

/// Reads a filter, and knows where it is.
struct Reader {
    purpose: Purpose,
    path: Vec<String>,
}

impl Reader {
    fn node(&mut self, value: &Value) -> Result<Node, SettingsError> {
        if self.path.len() > MAX_DEPTH {
            return Err(self.refused(format!("it is deeper than {MAX_DEPTH} levels")));
        }
        match value {
            Value::String(text) => self.text(text),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| Ok((key.clone(), self.field(key, value)?)));
                Ok(Node::Document(fields.collect::<Result<_, _>>()?))
            }
            Value::Array(values) => {
                let nodes = values.iter().enumerate().map(|(index, value)| {
                    self.path.push(index.to_string());
                    let node = self.node(value)?;
                    self.path.pop();
                    Ok(node)
                });
                Ok(Node::Array(nodes.collect::<Result<_, _>>()?))
            }
            Value::Null => Ok(Node::Constant(Bson::Null)),
            Value::Bool(is) => Ok(Node::Constant(Bson::Boolean(*is))),
            Value::Number(number) => {
                let whole = number.as_i64().map(|whole| i32::try_from(whole).map_or(Bson::Int64(whole), Bson::Int32));
                let value = whole.or_else(|| number.as_f64().map(Bson::Double));
                value.map(Node::Constant).ok_or_else(|| self.refused(format!("{number} is no number of MongoDB")))
            }
        }
    }

    fn field(&mut self, key: &str, value: &Value) -> Result<Node, SettingsError> {
        self.path.push(key.to_owned());
        if key.contains("${") {
            return Err(self.refused("there are no placeholders in keys, only in values".into()));
        }
        let node = self.node(value)?;
        if key.starts_with('$') && !COMPARING_OPERATORS.contains(&key) && has_names(&node) {
            return Err(
                self.refused(format!("{key} takes texts apart, so that a client could write a part of the filter"))
            );
        }
        self.path.pop();
        Ok(node)
    }

    fn text(&self, text: &str) -> Result<Node, SettingsError> {
        let template = NameTemplate::parse(text, self.purpose).map_err(|reason| self.refused(reason))?;
        Ok(if template.is_constant() { Node::Constant(Bson::String(text.to_owned())) } else { Node::Text(template) })
    }

    fn refused(&self, reason: String) -> SettingsError {
        let place = if self.path.is_empty() { "at the top".to_owned() } else { self.path.join(".") };
        SettingsError::Filter { place, reason }
    }
}

fn has_names(node: &Node) -> bool {
    match node {
        Node::Constant(_) => false,
        Node::Text(_) => true,
        Node::Document(fields) => fields.iter().any(|(_, node)| has_names(node)),
        Node::Array(nodes) => nodes.iter().any(has_names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::doc;
    use serde_json::json;

    fn client(username: &str) -> ClientInfo {
        ClientInfo { username: Some(username.into()), client_id: "c1".into(), ..ClientInfo::default() }
    }

    #[test]
    fn names_become_texts_and_nothing_else() {
        let filter = json!({
            "username": "${username}",
            "enabled": true, "level": {"$gte": 3, "$lt": 5_000_000_000_i64}, "weight": 1.5, "gone": null,
            "$or": [{"client": "id-${clientid}"}, {"name": {"$in": ["all", "${username}"]}}],
            "kind": {"$regex": "^a"},
        });
        let filter = Filter::for_rules(&filter).unwrap();
        for name in ["alice", "{\"$ne\": null}", "$username", "a\0b", "", "'; return true; //"] {
            let expected = doc! {
                "username": name,
                "enabled": true, "level": {"$gte": 3, "$lt": 5_000_000_000_i64}, "weight": 1.5, "gone": null,
                "$or": [{"client": "id-c1"}, {"name": {"$in": ["all", name]}}],
                "kind": {"$regex": "^a"},
            };
            let found = filter.for_client(&client(name), None).unwrap();
            for (key, value) in &expected {
                assert_eq!(found.get(key), Some(value), "{name:?}");
            }
            assert_eq!(found.len(), expected.len());
        }
    }

    #[test]
    fn filters_that_a_client_could_write_a_part_of_are_refused() {
        let reason = |filter| Filter::for_rules(&filter).unwrap_err().to_string();
        assert!(reason(json!({"${username}": 1})).contains("no placeholders in keys"));
        assert!(reason(json!({"a": [{"b": {"$regex": "^${username}"}}]})).contains("a.0.b.$regex: $regex takes"));
        for operator in ["$where", "$expr", "$text", "$jsonSchema", "$function", "$unheardOf"] {
            assert!(reason(json!({operator: {"$eq": ["$name", "${username}"]}})).contains(operator), "{operator}");
        }
        assert!(reason(json!({"name": "${usrname}"})).contains("does not exist"));
        assert!(reason(json!({"name": "${username}${clientid}"})).contains("between the placeholders"));
        assert!(reason(json!({"name": "${password}"})).contains("does not exist"), "only users have one");
        assert!(reason(json!("${username}")).contains("write an object"));
        let deep = (0..40).fold(json!(1), |inner, _| json!({"a": inner}));
        assert!(reason(deep).contains("deeper"));
    }

    #[test]
    fn who_cannot_be_told_from_another_finds_nothing() {
        let filter = Filter::for_rules(&json!({"key": "${username}/${clientid}"})).unwrap();
        assert_eq!(filter.for_client(&client("a"), None), Some(doc! {"key": "a/c1"}));
        assert_eq!(filter.for_client(&client("a/b"), None), None);
        let filter = Filter::for_users(&json!({"password": "${password}"})).unwrap();
        let password = |bytes| Some(Password::new(bytes));
        assert_eq!(filter.for_client(&client("a"), password(b"p").as_ref()), Some(doc! {"password": "p"}));
        assert_eq!(filter.for_client(&client("a"), password(b"\xff").as_ref()), None);
    }
}
