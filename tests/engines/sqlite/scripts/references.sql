create table p (id integer primary key, code text unique, a int, b int, unique (a, b));
create table q (p references p, p2 int references P(ID) on delete cascade on update set null,
    c text references p(code) deferrable initially deferred, a int, b int,
    constraint ab foreign key (a, b) references p (a, b) on delete set default match full not deferrable,
    foreign key (a) references nowhere, foreign key (b) references q2 deferrable);
create table q2 (x text primary key, self text references q2);
