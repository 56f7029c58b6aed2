//! What validation promises, by table.
