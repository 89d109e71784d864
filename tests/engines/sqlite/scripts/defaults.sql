create table d (a int default 1, b int default -1, c real default +1.5e3, d text default 'it''s', e default "quoted",
    f default (1 + 2 * 3), g default current_timestamp, h default CURRENT_DATE, i default null, j boolean default true,
    k default x'00ff', l not null default (lower('X') || 'y'), m text default word, n default (date('now', '-1 day')));
