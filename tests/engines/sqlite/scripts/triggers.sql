create table t (a int, b int); create table log (x);
create trigger t1 after insert on t begin insert into log values (new.a); end;
create trigger t2 before update of a, "b" on t for each row when new.a > 1 and old.b = 'x'
begin
    select case when 1 then raise(abort, 'no; end') end; -- END ;
    delete from log where x = old.a;
end;
create trigger if not exists t3 delete on t begin select 1; end;
