DROP TABLE pruned_rows;
DROP TABLE sync_runs;
DROP TABLE slots;
DROP TABLE integration_versions;
DROP TABLE integrations;
