//! `websocket` of a listener, from the configuration's form to the one the streams want.

use dunlin_config as config;
use dunlin_websocket::{DeflateLevel, DeflateOptions, DeflateStrategy, Piggyback, WebSocketOptions};

pub(super) fn read(options: &config::WebSocketOptions) -> WebSocketOptions {
    WebSocketOptions {
        mqtt_path: options.mqtt_path.clone(),
        mqtt_piggyback: match options.mqtt_piggyback {
            config::Piggyback::Multiple => Piggyback::Multiple,
            config::Piggyback::Single => Piggyback::Single,
        },
        compress: options.compress,
        deflate_opts: deflate(&options.deflate_opts),
        idle_timeout: options.idle_timeout,
        max_frame_size: options.max_frame_size_bytes,
        fail_if_no_subprotocol: options.fail_if_no_subprotocol,
        supported_subprotocols: options.supported_subprotocols.clone(),
        check_origin_enable: options.check_origin_enable,
        allow_origin_absence: options.allow_origin_absence,
        check_origins: options.check_origins.clone(),
        proxy_address_header: options.proxy_address_header.clone(),
        proxy_port_header: options.proxy_port_header.clone(),
    }
}

fn deflate(options: &config::DeflateOptions) -> DeflateOptions {
    DeflateOptions {
        level: match options.level {
            config::DeflateLevel::None => DeflateLevel::None,
            config::DeflateLevel::Default => DeflateLevel::Default,
            config::DeflateLevel::BestCompression => DeflateLevel::BestCompression,
            config::DeflateLevel::BestSpeed => DeflateLevel::BestSpeed,
        },
        mem_level: options.mem_level,
        strategy: match options.strategy {
            config::DeflateStrategy::Default => DeflateStrategy::Default,
            config::DeflateStrategy::Filtered => DeflateStrategy::Filtered,
            config::DeflateStrategy::HuffmanOnly => DeflateStrategy::HuffmanOnly,
            config::DeflateStrategy::Rle => DeflateStrategy::Rle,
        },
        server_context_takeover: options.server_context_takeover,
        client_context_takeover: options.client_context_takeover,
        server_max_window_bits: options.server_max_window_bits,
        client_max_window_bits: options.client_max_window_bits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_same_in_both_forms() {
        assert_eq!(read(&config::WebSocketOptions::default()), WebSocketOptions::default());
    }
}
