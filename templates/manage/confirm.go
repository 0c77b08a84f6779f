package manage

import (
	"strings"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/platform/bidi"
	"parley/templates/ui"
)

// Confirmations name what is deleted, and what is deleted with it, in numbers from the database.

// joinWithAnd joins parts of a sentence: "a, b and c". Empty ones are left out.
func joinWithAnd(parts ...string) string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// countOrNone is a number with its word, or "" for none.
func countOrNone(n int, one, many string) string {
	if n == 0 {
		return ""
	}
	return countText(n, one, many)
}

// deletedWith is the sentence that says so of what there is.
func deletedWith(one bool, parts ...string) string {
	what := joinWithAnd(parts...)
	switch {
	case what == "":
		return "Nothing else is deleted with it."
	case one:
		return strings.ToUpper(what[:1]) + what[1:] + " is deleted with it."
	}
	return strings.ToUpper(what[:1]) + what[1:] + " are deleted with it."
}

func confirmDeleteGroup(name string, g group.Deletion) ui.Confirmation {
	effect := deletedWith(g.Websites == 0 && g.Snippets+g.Members == 1 || g.Snippets+g.Members == 0,
		countOrNone(g.Snippets, "snippet", "snippets"), countOrNone(g.Members, "membership", "memberships"), routingText(g.Websites))
	if g.LastGroupOf > 0 {
		effect += " The main group then answers " + countText(g.LastGroupOf, "website", "websites") + "."
	}
	return ui.Confirmation{Question: "Delete group " + name + "?", Effect: effect, Action: "Delete group"}
}

func routingText(websites int) string {
	if websites == 0 {
		return ""
	}
	return "the routing of " + countText(websites, "website", "websites")
}

func confirmDeleteSnippet(s faq.Snippet) ui.Confirmation {
	effect := ""
	if s.Used > 0 {
		effect = "It was used " + countText(s.Used, "time", "times") + "."
	}
	if s.FileName != "" {
		effect += " Its file " + s.FileName + " is deleted with it. Conversations in which it was sent keep it."
	}
	return ui.Confirmation{Question: "Delete the snippet /" + s.Name + " (" + ownerText(s) + ")?", Effect: strings.TrimSpace(effect),
		Action: "Delete snippet"}
}

func confirmDeleteTag(t conversation.Tag) ui.Confirmation {
	effect := "No conversation uses it."
	if t.Uses > 0 {
		effect = "It is removed from " + countText(t.Uses, "conversation", "conversations") + ". The conversations are not deleted."
	}
	return ui.Confirmation{Question: "Delete the tag “" + t.Name + "”?", Effect: effect, Action: "Delete tag"}
}

func confirmDeleteEntry(p FAQEntryPage) ui.Confirmation {
	more := max(0, len(p.Entry.Texts)-1)
	return ui.Confirmation{Question: "Delete the FAQ entry “" + p.first().Question + "”?", Action: "Delete entry",
		Effect: deletedWith(more+p.Usage.Versions+p.Usage.Choices == 1, countOrNone(more, "other language", "other languages"),
			countOrNone(p.Usage.Versions, "version in its history", "versions in its history"),
			countOrNone(p.Usage.Choices, "agent’s choice that suggestions learned from", "agents’ choices that suggestions learned from"))}
}

func confirmRemoveDomain(w org.Website, d org.Domain) ui.Confirmation {
	effect := "Open chats on this domain end now, and the chat disappears from it within a minute."
	if len(w.Domains) == 1 {
		effect += " This is the last domain: the chat will not be shown anywhere."
	}
	return ui.Confirmation{Question: "Remove " + org.DisplayHost(d.Host) + " from " + w.Name + "?", Effect: effect, Action: "Remove domain"}
}

func confirmRemoveTopic(p WebsitePage, s group.WebsiteGroup) ui.Confirmation {
	effect := ""
	if n := len(s.Labels); n > 0 {
		effect = "Its name for visitors in " + countText(n, "language", "languages") + " is deleted with it. "
	}
	if len(p.Topics) == 1 {
		effect += "New conversations go to the main group. "
	}
	return ui.Confirmation{Question: "Remove group " + s.GroupName + " from " + p.Website.Name + "?", Action: "Remove group",
		Effect: effect + "Queued conversations stay in their queue."}
}

func confirmDisable(u identity.TeamListItem) ui.Confirmation {
	effect := "They are logged out on all devices and cannot log in."
	if u.OpenChats > 0 {
		effect += " " + countText(u.OpenChats, "open conversation goes", "open conversations go") + " back to the queue."
	}
	if u.PendingInvitations > 0 {
		effect += " " + countText(u.PendingInvitations, "invitation that they sent is revoked.", "invitations that they sent are revoked.")
	}
	return ui.Confirmation{Question: "Disable " + u.Name + "?", Effect: effect + " Their messages are not deleted.", Action: "Disable"}
}

func confirmRevokeInvitation(i identity.PendingInvitation) ui.Confirmation {
	return ui.Confirmation{Question: "Revoke the invitation for " + i.Email + "?", Effect: "Its link stops working immediately.",
		Action: "Revoke invitation"}
}

func confirmUnblock(b visitor.Block) ui.Confirmation {
	who := b.Network
	if who == "" {
		who = "visitor " + bidi.Isolate(ui.VisitorName(b.VisitorName, b.Visitor))
	}
	return ui.Confirmation{Question: "Unblock " + who + "?", Effect: "They can start chats on all your websites again.",
		Action: "Unblock", Harmless: true}
}

func confirmRemoveModel(model string) ui.Confirmation {
	return ui.Confirmation{Question: "Remove the language model " + model + " and its API key?",
		Effect: "Drafts are then based on FAQ entries only.", Action: "Remove language model"}
}

func confirmReplaceKey(w org.Website) ui.Confirmation {
	return ui.Confirmation{Question: "Replace the key of " + w.Name + "?", Action: "Replace key",
		Effect: "Signatures made with the current key are rejected immediately. Put the new key on the website's server right away."}
}
