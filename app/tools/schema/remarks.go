package main

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// remarks are what the comments in the migrations say of the schema.
type remarks struct {
	sections []section
	tables   map[string]string // by name
	columns  map[string]string // by table.column
	indexes  map[string]string // by name
	routines map[string]string // by schema.name
}

// section is a heading in the migrations, with the tables and routines that are created below it.
type section struct {
	title            string
	tables, routines []string
}

var (
	heading       = regexp.MustCompile(`^-- ([A-Z].*)$`)
	ruler         = regexp.MustCompile(`^-{80,}$`)
	createTable   = regexp.MustCompile(`^create table (\w+) \(`)
	alterTable    = regexp.MustCompile(`^alter table (\w+)`)
	createIndex   = regexp.MustCompile(`^create (?:unique )?index (\w+) on `)
	createRoutine = regexp.MustCompile(`^create (?:or replace )?(?:function|procedure) (\w+\.\w+)\(`)
	columnRemark  = regexp.MustCompile(`^\s+(?:add (?:column )?)?(\w+) .*?[,;(\]})'\w]\s+-- (.*)$`)
)

// readRemarks reads the comments of migrations: those above a table, an index or a routine, and those behind a column.
func readRemarks(files fs.FS) (*remarks, error) {
	r := &remarks{tables: map[string]string{}, columns: map[string]string{}, indexes: map[string]string{}, routines: map[string]string{}}
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		r.read(strings.Split(up, "\n"))
	}
	return r, nil
}

func (r *remarks) read(lines []string) {
	if len(r.sections) > 0 {
		r.sections = append(r.sections, section{title: "Later migrations"})
	}
	var above []string // the comment that ends on the line before
	table := ""        // whose columns follow
	for i, line := range lines {
		switch {
		case ruler.MatchString(line):
			if m := heading.FindStringSubmatch(lines[max(0, i-1)]); m != nil && ruler.MatchString(lines[max(0, i-2)]) {
				r.sections = append(r.sections, section{title: m[1]})
			}
			above = nil
		case strings.HasPrefix(line, "-- +goose"):
		case strings.HasPrefix(line, "-- "):
			above = append(above, strings.TrimPrefix(line, "-- "))
		default:
			remark := strings.Join(above, " ")
			if m := createTable.FindStringSubmatch(line); m != nil {
				table = m[1]
				r.here().tables = append(r.here().tables, table)
				r.tables[table] = remark
			} else if m := alterTable.FindStringSubmatch(line); m != nil {
				table = m[1]
			} else if m := createIndex.FindStringSubmatch(line); m != nil {
				r.indexes[m[1]] = remark
			} else if m := createRoutine.FindStringSubmatch(line); m != nil {
				if !slices.ContainsFunc(r.sections, func(s section) bool { return slices.Contains(s.routines, m[1]) }) {
					r.here().routines = append(r.here().routines, m[1])
				}
				if remark != "" {
					r.routines[m[1]] = remark
				}
			}
			if m := columnRemark.FindStringSubmatch(line); m != nil && table != "" {
				r.columns[table+"."+m[1]] = m[2]
			}
			if line == "" || strings.HasPrefix(line, ")") {
				table = ""
			}
			above = nil
		}
	}
}

// here is the section that is being read.
func (r *remarks) here() *section {
	if len(r.sections) == 0 {
		r.sections = append(r.sections, section{title: "Schema"})
	}
	return &r.sections[len(r.sections)-1]
}
