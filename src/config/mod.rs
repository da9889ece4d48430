//! TOML texts to checked [`Settings`](crate::model::Settings) and [`Campaign`](crate::model::Campaign).
