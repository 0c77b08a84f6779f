// Package keys knows the desk's commands and the key combinations they can have.
//
// Owns: the list of commands with their usual keys, and which combinations browsers and keyboards leave free.
//
// Must not touch: anything of ours but the words of errors.
//
// Always true: no two commands have the same usual keys; what Parse returns can be pressed in a browser and types nothing.
package keys

import (
	"regexp"
	"strings"

	"parley/app/platform/fail"
)

// Command is something an agent does from the keyboard. static/src/desk/commands.js does it.
type Command struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Keys  string `json:"keys"` // as set, or as usual; empty: none
}

// Commands is every one, in the order in which people look for them.
var Commands = []Command{
	{"urgent", "Go to the most urgent conversation", "Alt+U"},
	{"down", "Next conversation in the list", "Alt+ArrowDown"},
	{"up", "Conversation before in the list", "Alt+ArrowUp"},
	{"previous", "Back to the conversation before", "Alt+P"},
	{"sendnext", "Send and go to the next", "Alt+Enter"},
	{"take", "Take the next one from the line", "Alt+N"},
	{"accept", "Accept what is offered", "Alt+Y"},
	{"decline", "Decline what is offered", "Alt+X"},
	{"use1", "Insert suggestion 1", "Alt+J"},
	{"use2", "Insert suggestion 2", "Alt+K"},
	{"use3", "Insert suggestion 3", "Alt+L"},
	{"send1", "Send suggestion 1", "Alt+Shift+J"},
	{"send2", "Send suggestion 2", "Alt+Shift+K"},
	{"send3", "Send suggestion 3", "Alt+Shift+L"},
	{"wrong", "Suggestion 1 is wrong here", "Alt+W"},
	{"look", "Search the FAQ", "Alt+S"},
	{"keep", "Save the last reply as FAQ entry", "Alt+A"},
	{"drafts", "Draft an answer", "Alt+R"},
	{"snippets", "Insert a snippet", "Alt+I"},
	{"note", "Write a note, or a reply again", "Alt+M"},
	{"edit", "Change the last reply, or take it back", "Alt+E"},
	{"undo", "Stop what is about to be sent", "Alt+Z"},
	{"hand", "Hand over, or ask for help", "Alt+H"},
	{"over", "Take over the conversation that I watch", "Alt+T"},
	{"close", "Close the conversation", "Alt+C"},
	{"remove", "Take a finished one off the desk", "Alt+Q"},
	{"tag", "Add a tag", "Alt+G"},
	{"aside", "Show or hide the column beside", "Alt+O"},
	{"bold", "Bold", "Ctrl+B"},
	{"italic", "Italic", "Ctrl+I"},
	{"link", "Link", ""},
	{"list", "List", ""},
	{"file", "Send a file", "Alt+Shift+F"},
	{"emoji", "Emoji", "Alt+V"},
	{"more", "One pane more side by side", "Alt+Shift+ArrowRight"},
	{"fewer", "One pane fewer side by side", "Alt+Shift+ArrowLeft"},
	{"away", "Away, or online again", "Alt+B"},
	{"palette", "All commands", "Ctrl+K"},
	{"help", "The keys", "Alt+F1"},
}

// IsCommand reports whether there is a command.
func IsCommand(id string) bool {
	for _, c := range Commands {
		if c.ID == id {
			return true
		}
	}
	return false
}

// WithOverrides returns the commands with some keys changed; an empty combination takes them away.
func WithOverrides(changed map[string]string) []Command {
	list := make([]Command, len(Commands))
	for i, c := range Commands {
		if k, there := changed[c.ID]; there {
			c.Keys = k
		}
		list[i] = c
	}
	return list
}

var keyName = regexp.MustCompile(`^(?:[A-Z0-9]|F[1-9]|F1[0-2]|ArrowUp|ArrowDown|ArrowLeft|ArrowRight|Enter)$`)

// Browsers use these themselves, or do something with them that people need.
var reservedByBrowsers = func() map[string]bool {
	taken := map[string]bool{}
	for k := range strings.FieldsSeq(`Ctrl+A Ctrl+C Ctrl+V Ctrl+X Ctrl+Z Ctrl+Y Ctrl+T Ctrl+N Ctrl+W Ctrl+R Ctrl+L Ctrl+F Ctrl+P Ctrl+S Ctrl+O Ctrl+D Ctrl+H
		Ctrl+J Ctrl+Q Ctrl+U Ctrl+G Ctrl+E Ctrl+0 Ctrl+1 Ctrl+2 Ctrl+3 Ctrl+4 Ctrl+5 Ctrl+6 Ctrl+7 Ctrl+8 Ctrl+9 Ctrl+Shift+T Ctrl+Shift+N Ctrl+Shift+W
		Ctrl+Shift+R Ctrl+Shift+I Ctrl+Shift+J Ctrl+Shift+C Ctrl+Shift+P Ctrl+Shift+Q Ctrl+Shift+A Ctrl+Shift+B Ctrl+Shift+O Ctrl+Shift+V Ctrl+Shift+Z
		F1 F3 F5 F6 F7 F10 F11 F12 Alt+F4 Ctrl+F4 Ctrl+F5 Alt+D Alt+F Alt+ArrowLeft Alt+ArrowRight`) {
		taken[k] = true
	}
	return taken
}()

var modifierNames = map[string]string{
	"ctrl":    "Ctrl",
	"control": "Ctrl",
	"cmd":     "Ctrl",
	"meta":    "Ctrl",
	"mod":     "Ctrl",
	"strg":    "Ctrl",
	"alt":     "Alt",
	"option":  "Alt",
	"shift":   "Shift",
}

var arrowNames = map[string]string{
	"arrowup":    "ArrowUp",
	"up":         "ArrowUp",
	"arrowdown":  "ArrowDown",
	"down":       "ArrowDown",
	"arrowleft":  "ArrowLeft",
	"left":       "ArrowLeft",
	"arrowright": "ArrowRight",
	"right":      "ArrowRight",
	"enter":      "Enter",
	"return":     "Enter",
}

// Parse returns a combination in the one form in which it is stored: Ctrl+Alt+Shift+H, where Ctrl stands for Cmd on a Mac; empty for an
// empty text. It refuses what browsers need and what would be typed into a text.
func Parse(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	has := map[string]bool{}
	key := ""
	for part := range strings.SplitSeq(s, "+") {
		part = strings.ToLower(strings.TrimSpace(part))
		if m, is := modifierNames[part]; is {
			has[m] = true
			continue
		}
		if key != "" {
			return "", fail.New(fail.Invalid, "“%s” has more than one key. Write it as in Ctrl+Shift+H or Alt+F2.", s)
		}
		if key = arrowNames[part]; key == "" {
			key = strings.ToUpper(part)
		}
	}
	if !keyName.MatchString(key) {
		return "", fail.New(fail.Invalid, "“%s” is no key combination. Write it as in Ctrl+Shift+H or Alt+F2.", s)
	}
	var parts []string
	for _, m := range []string{"Ctrl", "Alt", "Shift"} {
		if has[m] {
			parts = append(parts, m)
		}
	}
	full := strings.Join(append(parts, key), "+")
	switch {
	case !has["Ctrl"] && !has["Alt"] && !strings.HasPrefix(key, "F"), !has["Ctrl"] && !has["Alt"] && key == "F":
		return "", fail.New(fail.Invalid, "%s would be typed into the text. Add Ctrl or Alt.", full)
	case reservedByBrowsers[full]:
		return "", fail.New(fail.Invalid, "Browsers need %s for themselves. Choose another one.", full)
	case has["Ctrl"] && has["Alt"] && !has["Shift"]:
		return "", fail.New(fail.Invalid,
			"%s writes a character on many keyboards (Ctrl and Alt together are AltGr). Choose another one.", full)
	case has["Alt"] && !has["Ctrl"] && !has["Shift"] && key >= "1" && key <= "9" && len(key) == 1:
		return "", fail.New(fail.Invalid, "%s goes to a conversation of the list. Choose another one.", full)
	}
	return full, nil
}

// ParseForSnippet is Parse for a combination that no command may have as usual: of a snippet.
func ParseForSnippet(s string) (string, error) {
	full, err := Parse(s)
	if err != nil || full == "" {
		return full, err
	}
	for _, c := range Commands {
		if c.Keys == full {
			return "", fail.New(fail.Invalid, "%s is the desk’s own: “%s”. Choose another one, such as Ctrl+Shift+F2.", full, c.Label)
		}
	}
	return full, nil
}
