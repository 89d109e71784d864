create virtual table notes using fts5(title, body, tokenize = 'porter ascii', content='');
create virtual table old using fts4(a, b); create virtual table box using rtree(id, minx, maxx);
create table notes_own (id integer primary key);
