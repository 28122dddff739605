//! Values on their way to PostgreSQL and back.

use dunlin_auth_backend::sql::Value;
use std::error::Error;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, Kind, ToSql, Type};

/// A value of a bind variable. It is sent as text, which the server reads as whatever type it has found for the variable.
#[derive(Debug)]
pub(crate) struct TextParameter<'a>(pub(crate) &'a [u8]);

impl ToSql for TextParameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

/// A value of a column, in the binary form of its type.
pub(crate) struct ColumnValue(pub(crate) Value);

impl<'a> FromSql<'a> for ColumnValue {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        read(ty, raw).map(Self)
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn read(ty: &Type, raw: &[u8]) -> Result<Value, Box<dyn Error + Sync + Send>> {
    Ok(match *ty {
        Type::BOOL => Value::Boolean(bool::from_sql(ty, raw)?),
        Type::INT2 => Value::Integer(i16::from_sql(ty, raw)?.into()),
        Type::INT4 => Value::Integer(i32::from_sql(ty, raw)?.into()),
        Type::INT8 => Value::Integer(i64::from_sql(ty, raw)?),
        Type::FLOAT4 => text(f32::from_sql(ty, raw)?.to_string()),
        Type::FLOAT8 => text(f64::from_sql(ty, raw)?.to_string()),
        Type::INET | Type::CIDR => text(address(raw).ok_or("not an address")?),
        Type::UUID => text(uuid(raw)),
        // A version in front of the text.
        Type::JSONB => Value::Bytes(raw.get(1..).unwrap_or_default().to_vec()),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::JSON | Type::BYTEA => {
            Value::Bytes(raw.to_vec())
        }
        _ => match ty.kind() {
            Kind::Enum(_) => Value::Bytes(raw.to_vec()),
            Kind::Domain(inner) => read(inner, raw)?,
            _ if ty.name() == "citext" || *ty == Type::UNKNOWN => Value::Bytes(raw.to_vec()),
            _ => return Err(format!("a column of type {ty}; cast it to text in the query").into()),
        },
    })
}

fn text(text: String) -> Value {
    Value::Bytes(text.into_bytes())
}

/// Family, bits of the network, whether it is a network, length, address.
fn address(raw: &[u8]) -> Option<String> {
    let (&[_, bits, _, _], address) = raw.split_first_chunk::<4>()?;
    let (text, all_bits) = match address.len() {
        4 => (Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string(), 32),
        16 => (Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).to_string(), 128),
        _ => return None,
    };
    Some(if bits == all_bits { text } else { format!("{text}/{bits}") })
}

fn uuid(raw: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in raw.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}
