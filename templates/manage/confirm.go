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
		return " Nothing else is deleted with it."
	case one:
		return " " + strings.ToUpper(what[:1]) + what[1:] + " is deleted with it."
	}
	return " " + strings.ToUpper(what[:1]) + what[1:] + " are deleted with it."
}

func confirmDeleteGroup(name string, g group.Deletion) string {
	text := "Delete group " + name + "?" + deletedWith(g.Websites == 0 && g.Snippets+g.Members == 1 || g.Snippets+g.Members == 0,
		countOrNone(g.Snippets, "snippet", "snippets"), countOrNone(g.Members, "membership", "memberships"), routingText(g.Websites))
	if g.LastGroupOf > 0 {
		text += " The main group then answers " + countText(g.LastGroupOf, "website", "websites") + "."
	}
	return text
}

func routingText(websites int) string {
	if websites == 0 {
		return ""
	}
	return "the routing of " + countText(websites, "website", "websites")
}

func confirmDeleteSnippet(s faq.Snippet) string {
	text := "Delete the snippet /" + s.Name + " (" + ownerText(s) + ")?"
	if s.Used > 0 {
		text += " It was used " + countText(s.Used, "time", "times") + "."
	}
	if s.FileName != "" {
		text += " Its file " + s.FileName + " is deleted with it. Conversations in which it was sent keep it."
	}
	return text
}

func confirmDeleteTag(t conversation.Tag) string {
	if t.Uses == 0 {
		return "Delete the tag “" + t.Name + "”? No conversation uses it."
	}
	return "Delete the tag “" + t.Name + "”? It is removed from " + countText(t.Uses, "conversation", "conversations") + ". The conversations are not deleted."
}

func confirmDeleteEntry(p FAQEntryPage) string {
	text := "Delete the FAQ entry “" + p.first().Question + "”?"
	more := max(0, len(p.Entry.Texts)-1)
	text += deletedWith(more+p.Usage.Versions+p.Usage.Choices == 1, countOrNone(more, "other language", "other languages"),
		countOrNone(p.Usage.Versions, "version in its history", "versions in its history"),
		countOrNone(p.Usage.Choices, "agent’s choice that suggestions learned from", "agents’ choices that suggestions learned from"))
	return text
}

func confirmRemoveDomain(w org.Website, d org.Domain) string {
	text := "Remove " + org.DisplayHost(d.Host) + " from " + w.Name + "? Open chats on this domain end now, and the chat disappears from it within a minute."
	if len(w.Domains) == 1 {
		text += " This is the last domain: the chat will not be shown anywhere."
	}
	return text
}

func confirmRemoveTopic(p WebsitePage, s group.WebsiteGroup) string {
	text := "Remove group " + s.GroupName + " from " + p.Website.Name + "?"
	if n := len(s.Labels); n > 0 {
		text += " Its name for visitors in " + countText(n, "language", "languages") + " is deleted with it."
	}
	if len(p.Topics) == 1 {
		return text + " New conversations go to the main group. Queued conversations stay in their queue."
	}
	return text + " Queued conversations stay in their queue."
}

func confirmDisable(u identity.TeamListItem) string {
	text := "Disable " + u.Name + "? They are logged out on all devices and cannot log in."
	if u.OpenChats > 0 {
		text += " " + countText(u.OpenChats, "open conversation goes", "open conversations go") + " back to the queue."
	}
	if u.PendingInvitations > 0 {
		text += " " + countText(u.PendingInvitations, "invitation that they sent is revoked.", "invitations that they sent are revoked.")
	}
	return text + " Their messages are not deleted."
}

func confirmRevokeInvitation(i identity.PendingInvitation) string {
	return "Revoke the invitation for " + i.Email + "? Its link stops working immediately."
}

func confirmUnblock(b visitor.Block) string {
	who := b.Network
	if who == "" {
		who = "visitor " + bidi.Isolate(ui.VisitorName(b.VisitorName, b.Visitor))
	}
	return "Unblock " + who + "? They can start chats on all your websites again."
}

func confirmRemoveModel(model string) string {
	return "Remove the language model " + model + " and its API key? Drafts are then based on FAQ entries only."
}

func confirmRenewKey(w org.Website) string {
	return "Replace the key of " + w.Name + "? Signatures made with the current key are rejected immediately. Put the new key on the website's server right away."
}
