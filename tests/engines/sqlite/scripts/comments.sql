-- a comment; with 'quotes
create table c ( -- the key ( of it
    id integer primary key, /* and , so ) on */ a text default '--no' /* x */ , -- last
    b int -- , c int
);
