-- Partitioned tables and their partitions.
CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, kind text NOT NULL DEFAULT 'x', n serial,
  PRIMARY KEY (id, at), CHECK (kind <> '')) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX event_kind ON event (kind);
ALTER TABLE event ADD COLUMN extra text;
ALTER TABLE event ALTER COLUMN extra SET NOT NULL;
CREATE TABLE listed (id int NOT NULL, region text NOT NULL) PARTITION BY RANGE (lower(region), id);
CREATE TABLE hashed (id int PRIMARY KEY, v text) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE hashed_1 (id int NOT NULL, v text, CONSTRAINT hashed_1_pkey PRIMARY KEY (id));
ALTER TABLE hashed ATTACH PARTITION hashed_1 FOR VALUES WITH (modulus 2, remainder 1);
CREATE TABLE sub (a int, b text) PARTITION BY LIST (b);
CREATE TABLE sub_x PARTITION OF sub (a DEFAULT 4 NOT NULL, CONSTRAINT sub_x_check CHECK (a > 0)) FOR VALUES IN ('x', 'y') PARTITION BY RANGE (a);
CREATE TABLE sub_x_1 PARTITION OF sub_x FOR VALUES FROM (MINVALUE) TO (10);
CREATE TABLE leaves PARTITION OF sub FOR VALUES IN ('z');
ALTER TABLE sub DETACH PARTITION leaves;
