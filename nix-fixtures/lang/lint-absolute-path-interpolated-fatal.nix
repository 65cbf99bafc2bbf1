# options: lint-absolute-path-literals fatal
/etc/${"passwd"}
