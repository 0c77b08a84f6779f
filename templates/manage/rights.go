package manage

import "parley/app/platform/access"

// rightsGroup is the rules of one kind of object.
type rightsGroup struct {
	Label string
	Rules []access.Rule
}

// objectLabels names what actions are done to.
var objectLabels = map[string]string{
	"organization":   "Organization",
	"audit":          "Audit log",
	"rights":         "Roles and rights",
	"storage":        "Files",
	"customer":       "Customers",
	"website":        "Websites",
	"settings":       "Widget settings",
	"domain":         "Domains",
	"group":          "Groups",
	"routing":        "Assignment rules",
	"team_member":    "Team members",
	"desk":           "Desk",
	"presence":       "Availability",
	"preferences":    "Preferences",
	"notification":   "Notifications",
	"queue":          "Queues",
	"conversation":   "Conversations",
	"monitor":        "Live monitor",
	"block":          "Blocked visitors",
	"archive":        "Archive",
	"rating":         "Ratings",
	"file":           "Files in conversations",
	"faq_entry":      "FAQ entries",
	"snippet":        "Snippets",
	"tag":            "Tags",
	"desk_rules":     "Desk settings",
	"language_model": "Language model",
}

// rightsGroups divides the table of rights by object, in its order.
func rightsGroups(table []access.Rule) []rightsGroup {
	var groups []rightsGroup
	for _, rule := range table {
		label := objectLabels[rule.Action.Object()]
		if n := len(groups); n == 0 || groups[n-1].Label != label {
			groups = append(groups, rightsGroup{Label: label})
		}
		last := &groups[len(groups)-1]
		last.Rules = append(last.Rules, rule)
	}
	return groups
}

// roleName is a role as a heading.
var roleName = map[access.Role]string{
	access.Owner: "Owner", access.Manager: "Manager", access.Supervisor: "Supervisor", access.Agent: "Agent", access.Reviewer: "Reviewer",
}
