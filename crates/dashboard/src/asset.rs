//! The files of the dashboard.

/// A file that is served.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Below the root of the dashboard, such as `assets/overview-3f2a.js`.
    pub(crate) path: &'static str,
    pub(crate) bytes: &'static [u8],
    /// The same packed with gzip, for files that get smaller by it.
    pub(crate) packed: Option<&'static [u8]>,
    /// Other bytes have another one; in quotes, as HTTP wants it.
    pub(crate) entity_tag: &'static str,
}

/// Everything that was in `dashboard/dist` when this was built; nothing where the dashboard was not built before.
pub(crate) const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What is served instead of a dashboard that was not built.
pub(crate) const NOT_BUILT: Asset =
    Asset { path: "index.html", bytes: include_bytes!("not_built.html"), packed: None, entity_tag: "\"not-built\"" };

impl Asset {
    /// For `Content-Type`.
    pub(crate) fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Whether the name has a hash of what is inside, so that a browser never has to ask again.
    pub(crate) fn is_immutable(&self) -> bool {
        self.path.starts_with("assets/")
    }
}
