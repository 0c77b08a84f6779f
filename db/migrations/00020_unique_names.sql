-- Names that people tell apart by are unique without regard to case, Unicode form and runs of spaces: of customers, groups and tags
-- within an organization, of websites within a customer, of snippets within those who may use them. So are snippets' keys.

-- +goose Up

-- What a name is compared by. The collation knows the letters of all languages, whatever the database's own is.
create function app.name_key(_name text) returns text language sql immutable parallel safe
  as $$ select lower(upper(btrim(regexp_replace(normalize(_name, nfkc), '\s+', ' ', 'g')) collate "und-x-icu") collate "und-x-icu") $$;

-- Gives each later one of several rows of the same name a number: "Orders (2)"; a suffix of another form where the name allows no blanks.
-- +goose StatementBegin
create function app.number_doubles(_table text, _within text, _order text, _most integer, _form text) returns void language plpgsql as $$
declare
  double record;
  suffix text;
  candidate text;
  n integer;
  taken boolean;
begin
  for double in execute format(
    'select d.org_id, d.id, d.name, d.place
     from (
       select x.org_id, x.id, x.name, array[%1$s]::uuid[] as place,
         row_number() over (partition by x.org_id, array[%1$s]::uuid[], app.name_key(x.name) order by %2$s) as n
       from public.%3$I x) d
     where d.n > 1
     order by d.org_id, d.n, d.id', _within, _order, _table)
  loop
    n := 1;
    loop
      n := n + 1;
      suffix := format(_form, n);
      candidate := left(double.name, _most - length(suffix)) || suffix;
      execute format(
        'select exists (
           select from public.%1$I x
           where x.org_id = $1 and array[%2$s]::uuid[] is not distinct from $2 and app.name_key(x.name) = app.name_key($3))', _table, _within)
        into taken using double.org_id, double.place, candidate;
      exit when not taken;
    end loop;
    execute format('update public.%I set name = $1 where org_id = $2 and id = $3', _table) using candidate, double.org_id, double.id;
  end loop;
end
$$;
-- +goose StatementEnd

alter table customers no force row level security;
alter table websites no force row level security;
alter table groups no force row level security;
alter table tags no force row level security;
alter table snippets no force row level security;
select app.number_doubles('customers', 'null', 'x.created_at, x.id', 200, ' (%s)');
select app.number_doubles('websites', 'x.customer_id', 'x.created_at, x.id', 200, ' (%s)');
select app.number_doubles('groups', 'null', 'x.created_at, x.id', 100, ' (%s)');
select app.number_doubles('tags', 'null', 'x.id', 50, ' (%s)');
select app.number_doubles('snippets', 'x.customer_id, x.group_id, x.user_id', 'x.id', 40, '-%s');
-- Of snippets with the same keys the oldest has them; which one they inserted was chance.
update snippets set keys = ''
from (
  select x.org_id, x.id, row_number() over (partition by x.org_id, x.customer_id, x.group_id, x.user_id, lower(x.keys) order by x.id) as n
  from snippets x
  where x.keys <> '') d
where d.n > 1 and snippets.org_id = d.org_id and snippets.id = d.id;
alter table customers force row level security;
alter table websites force row level security;
alter table groups force row level security;
alter table tags force row level security;
alter table snippets force row level security;
drop function app.number_doubles;

create unique index customers_same_name on customers (org_id, app.name_key(name));
create unique index websites_same_name on websites (org_id, customer_id, app.name_key(name));
create unique index groups_same_name on groups (org_id, app.name_key(name));
create unique index tags_same_name on tags (org_id, app.name_key(name));
create unique index snippets_same_name on snippets (org_id, customer_id, group_id, user_id, app.name_key(name)) nulls not distinct;
create unique index snippets_same_keys on snippets (org_id, customer_id, group_id, user_id, lower(keys)) nulls not distinct where keys <> '';

-- +goose Down
-- Names that were given a number keep it.
drop index snippets_same_keys, snippets_same_name, tags_same_name, groups_same_name, websites_same_name, customers_same_name;
drop function app.name_key;
