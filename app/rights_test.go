package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// rightsChecks are the functions by which the domain asks what an actor may do, and whether it is a visitor, who may do
// what concerns its own conversation only.
var rightsChecks = map[string]bool{
	"Authorize": true,
	"Require":   true,
	"Can":       true,
	"CanFully":  true,
	"IsVisitor": true,
}

// domainFunction is a function of a package of the domain, as far as the check of rights needs it.
type domainFunction struct {
	exported, takesActor bool
	calls                map[string]bool
}

func TestEveryDomainCommandChecksRights(t *testing.T) {
	t.Parallel()
	packages, err := filepath.Glob("domain/*")
	if err != nil || len(packages) == 0 {
		t.Fatal(packages, err)
	}
	unused := map[string]bool{}
	for name := range withoutRightsCheck {
		unused[name] = true
	}
	for _, dir := range packages {
		functions := domainFunctions(t, dir)
		for name, f := range functions {
			if !f.exported || !f.takesActor || reachesCheck(functions, name, map[string]bool{}) {
				continue
			}
			full := filepath.Base(dir) + "." + name
			if delete(unused, full); withoutRightsCheck[full] == "" {
				t.Errorf("%s takes an actor and asks nothing of the table of rights", full)
			}
		}
	}
	for name := range unused {
		t.Errorf("%s needs no exception: it checks rights, or is gone", name)
	}
}

// domainFunctions returns the functions of a package by name; methods of different types with one name count as one.
func domainFunctions(t *testing.T, dir string) map[string]*domainFunction {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string]*domainFunction{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				addFunction(functions, f)
			}
		}
	}
	return functions
}

func addFunction(functions map[string]*domainFunction, f *ast.FuncDecl) {
	known := functions[f.Name.Name]
	if known == nil {
		known = &domainFunction{calls: map[string]bool{}}
		functions[f.Name.Name] = known
	}
	for _, param := range f.Type.Params.List {
		if s, ok := param.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Actor" {
			known.takesActor = true
			known.exported = known.exported || f.Name.IsExported()
		}
	}
	receiver := ""
	if f.Recv != nil && len(f.Recv.List[0].Names) > 0 {
		receiver = f.Recv.List[0].Names[0].Name
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // of other values only the checks count: their methods may have any name
			if x, ok := n.X.(*ast.Ident); rightsChecks[n.Sel.Name] || ok && x.Name == receiver {
				known.calls[n.Sel.Name] = true
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok {
				known.calls[id.Name] = true
			}
		}
		return true
	})
}

func reachesCheck(functions map[string]*domainFunction, name string, seen map[string]bool) bool {
	f := functions[name]
	if f == nil || seen[name] {
		return false
	}
	seen[name] = true
	for called := range f.calls {
		if rightsChecks[called] || reachesCheck(functions, called, seen) {
			return true
		}
	}
	return false
}

// Reasons why a function asks for no right.
const (
	byPolicy    = "row-level security shows what the actor, a visitor perhaps, may read"
	forVisitors = "for visitors, who reach their own by row-level security"
	forProgram  = "for the program itself"
)

// withoutRightsCheck are the functions of the domain that take an actor and ask for no right, each with the reason.
var withoutRightsCheck = map[string]string{
	"conversation.CheckAttachAccess":   forVisitors,
	"conversation.CountTranscript":     forVisitors,
	"conversation.CurrentOfVisitor":    forVisitors,
	"conversation.ExplainRefusal":      "the caller has found the right that it needs",
	"conversation.Get":                 byPolicy,
	"conversation.GetMessage":          byPolicy,
	"conversation.GetUnread":           byPolicy,
	"conversation.LastSeqs":            byPolicy,
	"conversation.LatestByVisitor":     forVisitors,
	"conversation.ListAwaitingVisitor": forProgram,
	"conversation.ListMessagePage":     byPolicy,
	"conversation.ListMessagesAfter":   byPolicy,
	"conversation.MarkMailed":          forProgram,
	"conversation.QueueHead":           byPolicy,
	"conversation.ReadStates":          byPolicy,
	"conversation.Threads":             byPolicy,
	"files.AttachToConversation":       "the caller has found the right that it needs",
	"files.Discard":                    "the caller has found the right that it needs",
	"files.Get":                        byPolicy,
	"files.Open":                       byPolicy,
	"followup.MailTranscript":          forVisitors,
	"presence.Disconnect":              forProgram,
	"group.List":                       "names and hours of groups are everybody's in the organization",
	"group.ListOf":                     "names and hours of groups are everybody's in the organization",
	"group.LocalTime":                  "names and hours of groups are everybody's in the organization",
	"visitor.Identify":                 forVisitors,
	"visitor.Sign":                     forVisitors,
}
