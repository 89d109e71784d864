create table "we""ird ; name" ("a ""b" int, [c d] text, `e``f` int, 'g''h' int, "i.j" int, "select" int, key int,
    "</script>" text, "nl
    here" text, "é😀" text, ünï text, primary key ("a ""b"), foreign key ([c d]) references "we""ird ; name" ("a ""b"));
create index "idx;""1" on "we""ird ; name" ("select", `e``f`);
create table "группа" ("order" integer primary key, "table" text);
