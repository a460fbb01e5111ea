//! What stands around the routes, on routes made for it.
