package admin

import (
	"strings"

	"parley/app/bidi"
	"parley/app/chat"
	"parley/app/faq"
	"parley/app/identity"
	"parley/app/org"
	"parley/app/queue"
	"parley/templates/ui"
)

// What a deletion takes with it is said before, with numbers from the database.

// and joins parts of a sentence: "a, b and c". Empty ones are left out.
func and(parts ...string) string {
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

// some is a number with its word, or "" for none.
func some(n int, one, many string) string {
	if n == 0 {
		return ""
	}
	return counted(n, one, many)
}

// alsoDeleted is the sentence that says so of what there is.
func alsoDeleted(one bool, parts ...string) string {
	what := and(parts...)
	switch {
	case what == "":
		return " Nothing else is deleted with it."
	case one:
		return " " + strings.ToUpper(what[:1]) + what[1:] + " is deleted with it."
	}
	return " " + strings.ToUpper(what[:1]) + what[1:] + " are deleted with it."
}

func deleteGroup(name string, g queue.Goes) string {
	text := "Delete group " + name + "?" + alsoDeleted(g.Websites == 0 && g.Snippets+g.Members == 1 || g.Snippets+g.Members == 0,
		some(g.Snippets, "snippet", "snippets"), some(g.Members, "member's place in it", "members' places in it"), routing(g.Websites))
	if g.Alone > 0 {
		text += " The main group answers for " + counted(g.Alone, "website", "websites") + " then."
	}
	return text
}

func routing(websites int) string {
	if websites == 0 {
		return ""
	}
	return "the routing of " + counted(websites, "website", "websites")
}

func deleteSnippet(s faq.Snippet) string {
	text := "Delete the snippet /" + s.Name + " (" + whose(s) + ")?"
	if s.Used > 0 {
		text += " It was used " + counted(s.Used, "time", "times") + "."
	}
	if s.FileName != "" {
		text += " Its file " + s.FileName + " is deleted with it; where it was sent it stays."
	}
	return text
}

func deleteTag(t chat.Tag) string {
	if t.Uses == 0 {
		return "Delete the tag “" + t.Name + "”? No conversation has it."
	}
	return "Delete the tag “" + t.Name + "”? It is taken off " + counted(t.Uses, "conversation", "conversations") + "; the conversations stay."
}

func deleteEntry(p FAQEntryPage) string {
	text := "Delete the FAQ entry “" + p.first().Question + "”?"
	more := max(0, len(p.Entry.Texts)-1)
	text += alsoDeleted(more+p.Uses.Versions+p.Uses.Choices == 1, some(more, "other language", "other languages"),
		some(p.Uses.Versions, "version of its history", "versions of its history"),
		some(p.Uses.Choices, "choice of agents that suggestions learned from", "choices of agents that suggestions learned from"))
	return text
}

func removeDomain(w org.Website, d org.Domain) string {
	text := "Remove " + org.ShowHost(d.Host) + " from " + w.Name + "? Open chats on it end at once, and within a minute it shows none."
	if len(w.Domains) == 1 {
		text += " It is the last domain: the chat is then shown nowhere."
	}
	return text
}

func removeSubject(p WebsitePage, s queue.Subject) string {
	text := "Remove group " + s.Name + " from " + p.Website.Name + "?"
	if n := len(s.Labels); n > 0 {
		text += " What visitors read of it in " + counted(n, "language", "languages") + " is deleted with it."
	}
	if len(p.Subjects) == 1 {
		return text + " New conversations go to the main group. Those that wait stay where they are."
	}
	return text + " Conversations that wait stay where they are."
}

func disablePerson(u identity.User) string {
	text := "Disable " + u.Name + "? All their sessions end at once."
	if u.OpenChats > 0 {
		text += " " + counted(u.OpenChats, "open conversation goes", "open conversations go") + " back into the queue."
	}
	if u.Invited > 0 {
		text += " " + counted(u.Invited, "invitation that they made is revoked.", "invitations that they made are revoked.")
	}
	return text + " What they wrote stays."
}

func revokeInvitation(i identity.OpenInvitation) string {
	return "Revoke the invitation of " + i.Email + "? Its link stops working at once."
}

func dropBlock(b chat.Block) string {
	who := b.Network
	if who == "" {
		who = "visitor " + bidi.Isolate(ui.Visitor(b.VisitorName, b.Visitor))
	}
	return "Unblock " + who + "? They can write on all your websites again."
}

func renewKey(w org.Website) string {
	return "Make a new key for " + w.Name + "? What was signed with the present one is refused from then on: the website's server needs the new one at once."
}
