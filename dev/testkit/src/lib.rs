//! For end-to-end tests: a broker inside the test process, and an MQTT client that says exactly what the test tells it to.
//!
//! ```
//! use dunlin_model::Qos::AtLeastOnce;
//! use dunlin_testkit::{Client, TestBroker};
//!
//! let broker = TestBroker::start();
//! let mut subscriber = Client::v5("subscriber").connect(&broker);
//! subscriber.subscribe("news/#", AtLeastOnce);
//! let mut publisher = Client::v4("publisher").connect(&broker);
//! publisher.publish("news/today", "sun", AtLeastOnce);
//! assert_eq!(subscriber.expect_publish().text(), "sun");
//! subscriber.expect_nothing();
//! ```
//!
//! Everything here fails the test by a panic that says what was expected and what came. Nothing waits for a fixed time: an
//! expectation is met as soon as the broker meets it, and given up after [`PATIENCE`].

mod authority;
mod client;
mod clock;
mod delivery;
mod frame;
mod message_properties;
mod test_broker;
mod way;
mod websocket_line;

pub use authority::{Authority, Issued};
pub use client::{Client, Connecting};
pub use clock::{PATIENCE, Stopwatch, let_time_pass};
pub use delivery::Delivery;
pub use frame::Frame;
pub use message_properties::MessageProperties;
pub use test_broker::TestBroker;
pub use way::Way;
pub use websocket_line::{WebSocketFrame, WebSocketLine};
