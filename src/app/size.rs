//! Numbers of bytes as people read them.

/// Formats a number of bytes, from 1 KiB on with one decimal.
pub fn size(bytes: u64) -> String {
    let mut unit = 1_u64 << 10;
    if bytes < unit {
        return format!("{bytes} B");
    }
    for name in ["KiB", "MiB", "GiB"] {
        if bytes < unit << 10 {
            return format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit);
        }
        unit <<= 10;
    }
    format!("{}.{} TiB", bytes / unit, bytes % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal() {
        let sizes = [0, 512, 1 << 20, (3 << 30) / 2, 1 << 41].map(size);
        assert_eq!(sizes, ["0 B", "512 B", "1.0 MiB", "1.5 GiB", "2.0 TiB"]);
    }
}
