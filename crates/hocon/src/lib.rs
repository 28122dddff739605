//! HOCON, the language of EMQX's configuration files: text in, values out, and back.
//!
//! - [`Reader`] turns texts into one tree: includes, substitutions, `+=`, merging. It opens no file and reads no environment:
//!   its owner gives functions for both.
//! - [`Node`] is a value that knows where it came from ([`Origin`]), also after layers were merged ([`Node::merge`]).
//! - [`rule`] and [`unit`] read texts as what they stand for: `15s`, `1MB`, `80%`, `on`.
//! - [`write()`](write()) prints a tree; [`Document`] changes a text in place and keeps comments and order.
//!
//! What is read differs from the specification of HOCON where EMQX's own reader does: docs/decisions/0006. No text makes
//! anything here panic, and [`Limits`] bound what a text can cost.
//!
//! ```
//! use dunlin_hocon::{Reader, rule::Bytes};
//!
//! let text = "base = 64KB\nmqtt { max_packet_size = ${base} }";
//! let root = Reader::new().read("dunlin.conf", text)?;
//! let size = root.get(&["mqtt", "max_packet_size"]).expect("the text has it");
//! assert_eq!(size.read_as("mqtt.max_packet_size", &Bytes(1..=1_000_000_u32)), Ok(65_536));
//! assert_eq!(size.origin.to_string(), "dunlin.conf:2");
//! # Ok::<(), dunlin_hocon::HoconError>(())
//! ```

mod arena;
mod assemble;
mod document;
mod error;
mod heredoc;
mod key_path;
mod limits;
mod merge;
mod node;
mod origin;
mod parser;
mod reader;
mod resolve;
pub mod rule;
mod scanner;
mod source_file;
mod syntax;
pub mod unit;
mod write;

pub use document::{Document, EditError};
pub use error::{HoconError, HoconErrorKind};
pub use key_path::{join_path, split_path};
pub use limits::Limits;
pub use merge::MergeError;
pub use node::{Node, Object, Value, ValueError};
pub use origin::Origin;
pub use reader::{IncludeRequest, Included, Reader};
pub use write::write;
