//! What the API asks of a node: the sum of what its rooms ask.

use crate::rooms::nodes::Nodes;
use crate::rooms::status::Status;

/// A node. Its methods may take their time, as they do where they wait for a disk: no thread that must not wait calls them.
pub trait Node: Nodes + Status + Send + Sync + 'static {}

impl<T: Nodes + Status + Send + Sync + 'static> Node for T {}
