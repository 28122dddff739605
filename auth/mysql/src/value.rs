//! Values of MySQL on their way back.

use dunlin_auth_backend::sql;
use mysql_async::Value;
use mysql_async::consts::ColumnType;

/// The value of a column; the reason, where it can be none.
pub(crate) fn read(value: Value, column_type: ColumnType) -> Result<sql::Value, String> {
    Ok(match value {
        Value::NULL => sql::Value::Null,
        Value::Bytes(bytes) if column_type == ColumnType::MYSQL_TYPE_BIT => sql::Value::Integer(bits(&bytes)),
        Value::Bytes(bytes) => sql::Value::Bytes(bytes),
        Value::Int(number) => sql::Value::Integer(number),
        Value::UInt(number) => match i64::try_from(number) {
            Ok(number) => sql::Value::Integer(number),
            Err(_) => sql::Value::Bytes(number.to_string().into_bytes()),
        },
        Value::Float(number) => sql::Value::Bytes(number.to_string().into_bytes()),
        Value::Double(number) => sql::Value::Bytes(number.to_string().into_bytes()),
        Value::Date(..) | Value::Time(..) => return Err("a date or a time; cast it to text in the query".to_owned()),
    })
}

/// `BIT(1)` is how some store yes and no.
fn bits(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | i64::from(*byte))
}
