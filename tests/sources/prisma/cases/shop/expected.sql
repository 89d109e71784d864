create type "order_status" as enum ('DRAFT', 'paid', 'lost in "post"');
create type "Kind" as enum ('A', 'B');
create table "Plain" (
    "id" serial not null, "big" bigint not null, "string" text not null, "boolean" boolean not null,
    "float" double precision not null, "decimal" decimal(65,30) not null, "moment" timestamp(3) not null,
    "document" jsonb not null, "bytes" bytea not null, "optional" text,
    constraint "Plain_pkey" primary key ("id")
);
create table "native types" (
    "id" bigserial not null, "varchar" varchar(120) not null, "endless" varchar not null, "char" char(2) not null,
    "text" text not null, "uuid" uuid not null, "inet" inet not null, "xml" xml not null, "bit" bit(4) not null,
    "varbit" varbit(8) not null, "small" smallint not null, "oid" oid not null, "real" real not null,
    "money" money not null, "price" decimal(10,2) not null, "zoned" timestamptz(6) not null,
    "zoned_whole" timestamptz not null, "seconds" timestamp(0) not null, "day" date not null, "clock" time(3) not null,
    "clock_zoned" timetz(6) not null, "json" json not null, "path" point, "tags" varchar(20)[], "ignored" integer,
    constraint "native types_pkey" primary key ("id")
);
create table "Default" (
    "id" uuid not null default gen_random_uuid(), "client" text not null, "nano" text not null, "uuid7" uuid not null,
    "text" text not null default 'it''s "quoted"', "zero" integer not null default 0, "minus" integer not null default -5,
    "big" bigint not null default 9007199254740993, "ratio" double precision not null default 0.5,
    "price" decimal(10,2) not null default 9.90, "yes" boolean not null default true,
    "status" "order_status" not null default 'paid', "document" jsonb not null default '{"b": 1, "a": [ ]}',
    "bytes" bytea not null default '\x0102', "moment" timestamp(3) not null default '2024-02-03 04:05:06.789 +00:00',
    "zoned" timestamptz(3) not null default '2024-02-03 02:05:06 +00:00',
    "now" timestamp(3) not null default current_timestamp, "changed" timestamp(3) not null,
    "none" text[] default array[]::text[], "some" text[] default array['a', 'it''s']::text[],
    "numbers" integer[] default array[1, 2]::integer[], "kinds" "Kind"[] default array['A']::"Kind"[],
    "generated" text not null default upper('x'), "counter" serial not null,
    constraint "Default_pkey" primary key ("id")
);
create table "customers" (
    "id" serial not null, "email" varchar(200) not null, "nick" text, "first_name" text not null,
    "last_name" text not null, "created" timestamp(3) not null default current_timestamp, "document" jsonb not null,
    constraint "customer_primary" primary key ("id")
);
create table "Address" ("customerId" integer not null, constraint "Address_pkey" primary key ("customerId"));
create table "Profile" (
    "id" integer not null, "customer_id" integer not null, constraint "Profile_pkey" primary key ("id")
);
create table "Order" (
    "tenant" text not null, "number" integer not null, "status" "order_status" not null default 'DRAFT',
    "customerId" integer, constraint "Order_pkey" primary key ("tenant", "number")
);
create table "Line" (
    "id" serial not null, "tenant" text, "number" integer not null, constraint "Line_pkey" primary key ("id")
);
create table "Legacy" ("id" integer not null, constraint "Legacy_pkey" primary key ("id"));
create unique index "customers_email_key" on "customers"("email");
create unique index "one_nick" on "customers"("nick");
create unique index "customers_last_name_first_name_key" on "customers"("last_name", "first_name");
create index "customers_created_last_name_idx" on "customers"("created" desc, "last_name");
create index "customers_document_idx" on "customers" using gin ("document" jsonb_path_ops);
create index "by_created" on "customers" using brin ("created");
create index "customers_nick_idx" on "customers" using hash ("nick");
create unique index "Profile_customer_id_key" on "Profile"("customer_id");
create index "Order_customerId_idx" on "Order"("customerId");
alter table "Address" add constraint "Address_customerId_fkey" foreign key ("customerId") references "customers"("id")
    on delete cascade on update no action;
alter table "Profile" add constraint "whose_profile" foreign key ("customer_id") references "customers"("id")
    on delete restrict on update cascade;
alter table "Order" add constraint "Order_customerId_fkey" foreign key ("customerId") references "customers"("id")
    on delete set null on update cascade;
alter table "Line" add constraint "Line_tenant_number_fkey" foreign key ("tenant", "number")
    references "Order"("tenant", "number") on delete no action on update cascade;
