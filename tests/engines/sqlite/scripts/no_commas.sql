create table n (a int, b int, primary key (a) unique (b) check (a > b) foreign key (b) references n (a));
create table n2 (a int null, b text on_hold, constraint lonely primary key (a) on conflict replace, unique (b) on conflict ignore);
