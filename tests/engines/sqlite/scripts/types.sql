create table t (a, b varchar(20), c DECIMAL(10, 2), d unsigned big int, e double precision, f "time zone",
    g datetime, h timestamp, i character varying ( 30 ), j text[], k 'quoted', l nvarchar(5), m bool, n json,
    o uuid, p native character (3), q int(11), r tinyint(1), s numeric, t numeric(5), u long varchar);
