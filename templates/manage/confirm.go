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

// What a deletion takes with it is said before, with numbers from the database.

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
		countOrNone(g.Snippets, "snippet", "snippets"), countOrNone(g.Members, "member's place in it", "members' places in it"), routingText(g.Websites))
	if g.LastGroupOf > 0 {
		text += " The main group answers for " + countText(g.LastGroupOf, "website", "websites") + " then."
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
		text += " Its file " + s.FileName + " is deleted with it; where it was sent it stays."
	}
	return text
}

func confirmDeleteTag(t conversation.Tag) string {
	if t.Uses == 0 {
		return "Delete the tag “" + t.Name + "”? No conversation has it."
	}
	return "Delete the tag “" + t.Name + "”? It is taken off " + countText(t.Uses, "conversation", "conversations") + "; the conversations stay."
}

func confirmDeleteEntry(p FAQEntryPage) string {
	text := "Delete the FAQ entry “" + p.first().Question + "”?"
	more := max(0, len(p.Entry.Texts)-1)
	text += deletedWith(more+p.Usage.Versions+p.Usage.Choices == 1, countOrNone(more, "other language", "other languages"),
		countOrNone(p.Usage.Versions, "version of its history", "versions of its history"),
		countOrNone(p.Usage.Choices, "choice of agents that suggestions learned from", "choices of agents that suggestions learned from"))
	return text
}

func confirmRemoveDomain(w org.Website, d org.Domain) string {
	text := "Remove " + org.DisplayHost(d.Host) + " from " + w.Name + "? Open chats on it end at once, and within a minute it shows none."
	if len(w.Domains) == 1 {
		text += " It is the last domain: the chat is then shown nowhere."
	}
	return text
}

func confirmRemoveSubject(p WebsitePage, s group.WebsiteGroup) string {
	text := "Remove group " + s.GroupName + " from " + p.Website.Name + "?"
	if n := len(s.Labels); n > 0 {
		text += " What visitors read of it in " + countText(n, "language", "languages") + " is deleted with it."
	}
	if len(p.Subjects) == 1 {
		return text + " New conversations go to the main group. Those that wait stay where they are."
	}
	return text + " Conversations that wait stay where they are."
}

func confirmDisable(u identity.TeamListItem) string {
	text := "Disable " + u.Name + "? All their sessions end at once."
	if u.OpenChats > 0 {
		text += " " + countText(u.OpenChats, "open conversation goes", "open conversations go") + " back into the queue."
	}
	if u.PendingInvitations > 0 {
		text += " " + countText(u.PendingInvitations, "invitation that they made is revoked.", "invitations that they made are revoked.")
	}
	return text + " What they wrote stays."
}

func confirmRevokeInvitation(i identity.PendingInvitation) string {
	return "Revoke the invitation of " + i.Email + "? Its link stops working at once."
}

func confirmUnblock(b visitor.Block) string {
	who := b.Network
	if who == "" {
		who = "visitor " + bidi.Isolate(ui.VisitorName(b.VisitorName, b.Visitor))
	}
	return "Unblock " + who + "? They can write on all your websites again."
}

func confirmRenewKey(w org.Website) string {
	return "Make a new key for " + w.Name + "? What was signed with the present one is refused from then on: the website's server needs the new one at once."
}
