create table "User" (
    "id" integer not null primary key autoincrement, "email" text not null, "big" bigint not null default 7,
    "active" boolean not null default true, "ratio" real, "price" decimal not null default 1.5,
    "created" datetime not null default current_timestamp, "updated" datetime not null, "data" jsonb, "image" blob
);
create table "Note" (
    "id" text not null primary key, "text" text not null default 'it''s', "color" text not null default 'blue',
    "ownerId" integer not null,
    constraint "Note_ownerId_fkey" foreign key ("ownerId") references "User" ("id") on delete cascade on update cascade
);
create table "Tag" ("id" integer not null primary key, "name" text not null);
create table "_NoteToTag" (
    "A" text not null, "B" integer not null,
    constraint "_NoteToTag_A_fkey" foreign key ("A") references "Note" ("id") on delete cascade on update cascade,
    constraint "_NoteToTag_B_fkey" foreign key ("B") references "Tag" ("id") on delete cascade on update cascade
);
create unique index "User_email_key" on "User"("email");
create index "Note_ownerId_color_idx" on "Note"("ownerId", "color");
create unique index "Tag_name_key" on "Tag"("name");
create unique index "_NoteToTag_AB_unique" on "_NoteToTag"("A", "B");
create index "_NoteToTag_B_index" on "_NoteToTag"("B");
