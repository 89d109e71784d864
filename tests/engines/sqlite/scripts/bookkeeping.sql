create table django_migrations (id integer primary key autoincrement, app text, name text, applied datetime);
