create schema people;
create type people."Mood" as enum ('HAPPY', 'SAD');
create table people."Person" (
    "id" text not null, "bossId" text, "twinId" text, "mood" people."Mood",
    constraint "Person_pkey" primary key ("id")
);
create table "Post" ("id" serial not null, "authorId" text not null, constraint "Post_pkey" primary key ("id"));
create table "Tag" ("name" text not null, constraint "Tag_pkey" primary key ("name"));
create table people."_Friends" (
    "A" text not null, "B" text not null, constraint "_Friends_AB_pkey" primary key ("A", "B")
);
create table people."_Likes" (
    "A" text not null, "B" integer not null, constraint "_Likes_AB_pkey" primary key ("A", "B")
);
create table "_PostToTag" (
    "A" integer not null, "B" text not null, constraint "_PostToTag_AB_pkey" primary key ("A", "B")
);
create unique index "Person_twinId_key" on people."Person"("twinId");
create index "Post_authorId_idx" on "Post"("authorId");
create index "_Friends_B_index" on people."_Friends"("B");
create index "_Likes_B_index" on people."_Likes"("B");
create index "_PostToTag_B_index" on "_PostToTag"("B");
alter table people."Person" add constraint "Person_bossId_fkey" foreign key ("bossId") references people."Person"("id")
    on delete set null on update cascade;
alter table people."Person" add constraint "Person_twinId_fkey" foreign key ("twinId") references people."Person"("id")
    on delete no action on update no action;
alter table "Post" add constraint "Post_authorId_fkey" foreign key ("authorId") references people."Person"("id")
    on delete cascade on update cascade;
alter table people."_Friends" add constraint "_Friends_A_fkey" foreign key ("A") references people."Person"("id")
    on delete cascade on update cascade;
alter table people."_Friends" add constraint "_Friends_B_fkey" foreign key ("B") references people."Person"("id")
    on delete cascade on update cascade;
alter table people."_Likes" add constraint "_Likes_A_fkey" foreign key ("A") references people."Person"("id")
    on delete cascade on update cascade;
alter table people."_Likes" add constraint "_Likes_B_fkey" foreign key ("B") references "Post"("id")
    on delete cascade on update cascade;
alter table "_PostToTag" add constraint "_PostToTag_A_fkey" foreign key ("A") references "Post"("id")
    on delete cascade on update cascade;
alter table "_PostToTag" add constraint "_PostToTag_B_fkey" foreign key ("B") references "Tag"("name")
    on delete cascade on update cascade;
