-- DO blocks as migrations write them to run only where they fit.
DO $$ BEGIN
  CREATE TYPE role AS ENUM ('a', 'b');
EXCEPTION WHEN duplicate_object THEN null;
END $$;
DO $$ BEGIN CREATE TYPE role AS ENUM ('other'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int, role role);
DO $$ BEGIN
 ALTER TABLE "child" ADD CONSTRAINT "child_parent" FOREIGN KEY ("parent_id") REFERENCES "public"."parent"("id") ON DELETE cascade;
EXCEPTION
 WHEN duplicate_object THEN null;
END $$;
DO $body$
DECLARE found int; -- a comment; with a semicolon
BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'child' AND column_name = 'note') THEN
    ALTER TABLE child ADD COLUMN note text DEFAULT 'x; y';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 'child_note') THEN
    EXECUTE 'CREATE INDEX child_note ON child (note) WHERE note <> ''''';
  ELSE
    RAISE NOTICE 'there';
  END IF;
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'child' AND column_name = 'old') THEN
    ALTER TABLE child RENAME COLUMN old TO new;
  END IF;
  PERFORM 1;
END
$body$ LANGUAGE plpgsql;
