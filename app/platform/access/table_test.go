package access

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

func TestTableHasEveryAction(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "actions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[Action]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			name, _ := strconv.Unquote(lit.Value)
			declared[Action(name)] = true
		}
		return true
	})
	inTable := map[Action]bool{}
	for _, rule := range Table {
		if inTable[rule.Action] {
			t.Errorf("%s has two rules", rule.Action)
		}
		inTable[rule.Action] = true
		if !declared[rule.Action] {
			t.Errorf("%s is no constant", rule.Action)
		}
	}
	for action := range declared {
		if !inTable[action] {
			t.Errorf("%s has no rule", action)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	objects, last := map[string]bool{}, ""
	for _, rule := range Table {
		object, verb, ok := strings.Cut(string(rule.Action), ":")
		if !ok || object == "" || verb == "" {
			t.Errorf("%q is no object:action", rule.Action)
		}
		if object != last && objects[object] {
			t.Errorf("the rules of %s do not stand together", object)
		}
		objects[object], last = true, object
		if rule.Label == "" {
			t.Errorf("%s has no label", rule.Action)
		}
		if (rule.Restriction == "") != (len(rule.RestrictedRoles) == 0) {
			t.Errorf("%s: a restriction is for somebody, and somebody is restricted by one", rule.Action)
		}
		for _, role := range rule.RestrictedRoles {
			for _, full := range rule.Roles {
				if role == full {
					t.Errorf("%s: %s is restricted and is not", rule.Action, role)
				}
			}
		}
		if rule.Grant(Owner) != Granted {
			t.Errorf("%s: an owner may do everything", rule.Action)
		}
	}
}

func TestCan(t *testing.T) {
	t.Parallel()
	org, id := uuid.New(), uuid.New()
	agent, supervisor, manager := User(org, id, Agent, uuid.Nil), User(org, id, Supervisor, uuid.Nil), User(org, id, Manager, uuid.Nil)
	limited := manager.LimitedTo([]uuid.UUID{uuid.New()})
	for _, c := range []struct {
		name   string
		actor  Actor
		action Action
		want   Grant
	}{
		{"an agent replies where it may", agent, ConversationReply, Restricted},
		{"a supervisor replies everywhere", supervisor, ConversationReply, Granted},
		{"an agent does not assign", agent, ConversationAssign, Denied},
		{"a manager adds customers", manager, CustomerCreate, Granted},
		{"a limited manager does not", limited, CustomerCreate, Denied},
		{"a limited manager renames its customers", limited, CustomerRename, Granted},
		{"a manager does not make owners", manager, TeamMemberManageOwner, Denied},
		{"the program does everything", System(org, "test"), TeamMemberManageOwner, Granted},
		{"a visitor is no team member", Visitor(org, id, id), ConversationRead, Denied},
		{"nobody does nothing", Actor{}, ConversationRead, Denied},
		{"nobody does what is unknown", System(org, "test"), "door:open", Denied},
	} {
		if c.actor.Can(c.action) != (c.want != Denied) || c.actor.CanFully(c.action) != (c.want == Granted) {
			t.Errorf("%s: can %v, fully %v", c.name, c.actor.Can(c.action), c.actor.CanFully(c.action))
		}
		err := c.actor.Require(c.action)
		if (err == nil) != (c.want != Denied) || err != nil && fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s: require says %v", c.name, err)
		}
	}
	if err := limited.Require(CustomerCreate); err == nil || !strings.Contains(err.Error(), "limited to some customers") {
		t.Errorf("a limited manager is told %v", err)
	}
}
