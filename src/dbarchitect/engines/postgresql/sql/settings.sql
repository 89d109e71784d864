-- one row per server setting that was changed or that an audit asks for: as a new session finds it
select
  s.name,
  s.reset_val as value,
  s.unit,
  case when s.reset_val is not distinct from s.boot_val then 'default' else s.source end as source
from pg_catalog.pg_settings as s
where s.source not in ('default', 'override', 'client', 'session')
  or s.name in (
    'archive_mode', 'authentication_timeout', 'autovacuum', 'autovacuum_analyze_scale_factor',
    'autovacuum_analyze_threshold', 'autovacuum_freeze_max_age', 'autovacuum_max_workers',
    'autovacuum_multixact_freeze_max_age', 'autovacuum_vacuum_max_threshold', 'autovacuum_vacuum_scale_factor',
    'autovacuum_vacuum_threshold', 'checkpoint_timeout', 'data_checksums',
    'deadlock_timeout', 'default_statistics_target', 'default_toast_compression', 'default_transaction_isolation',
    'effective_cache_size', 'effective_io_concurrency', 'fsync', 'full_page_writes', 'hot_standby_feedback',
    'huge_pages', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'jit', 'listen_addresses',
    'lock_timeout', 'log_autovacuum_min_duration', 'log_checkpoints', 'log_connections', 'log_disconnections',
    'log_duration', 'log_lock_waits', 'log_min_duration_sample', 'log_min_duration_statement', 'log_statement', 'log_temp_files', 'maintenance_work_mem',
    'max_connections', 'max_slot_wal_keep_size', 'max_wal_size', 'password_encryption', 'random_page_cost',
    'reserved_connections', 'row_security', 'search_path', 'seq_page_cost', 'server_encoding', 'shared_buffers', 'shared_preload_libraries',
    'ssl', 'ssl_min_protocol_version', 'statement_timeout', 'superuser_reserved_connections',
    'synchronous_commit', 'TimeZone', 'track_counts',
    'track_io_timing', 'transaction_timeout', 'wal_compression', 'wal_level', 'work_mem'
  )
order by s.name
