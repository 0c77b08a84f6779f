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
	{"up", "Previous conversation in the list", "Alt+ArrowUp"},
	{"previous", "Back to the last conversation", "Alt+P"},
	{"sendnext", "Send and go to next", "Alt+Enter"},
	{"take", "Take next", "Alt+N"},
	{"accept", "Accept offered conversation", "Alt+Y"},
	{"decline", "Decline offered conversation", "Alt+X"},
	{"use1", "Insert suggestion 1", "Alt+J"},
	{"use2", "Insert suggestion 2", "Alt+K"},
	{"use3", "Insert suggestion 3", "Alt+L"},
	{"send1", "Send suggestion 1", "Alt+Shift+J"},
	{"send2", "Send suggestion 2", "Alt+Shift+K"},
	{"send3", "Send suggestion 3", "Alt+Shift+L"},
	{"wrong", "Dismiss suggestion 1", "Alt+W"},
	{"look", "Search the FAQ", "Alt+S"},
	{"keep", "Save last reply as FAQ entry", "Alt+A"},
	{"drafts", "Draft an answer", "Alt+R"},
	{"snippets", "Insert a snippet", "Alt+I"},
	{"note", "Switch between reply and note", "Alt+M"},
	{"edit", "Edit or delete last reply", "Alt+E"},
	{"undo", "Undo send", "Alt+Z"},
	{"hand", "Transfer or consult", "Alt+H"},
	{"over", "Take over watched conversation", "Alt+T"},
	{"close", "Close conversation", "Alt+C"},
	{"remove", "Dismiss closed conversation", "Alt+Q"},
	{"tag", "Add a tag", "Alt+G"},
	{"aside", "Toggle details", "Alt+O"},
	{"bold", "Bold", "Ctrl+B"},
	{"italic", "Italic", "Ctrl+I"},
	{"link", "Link", ""},
	{"list", "List", ""},
	{"file", "Send a file", "Alt+Shift+F"},
	{"emoji", "Emoji", "Alt+V"},
	{"more", "Show one more pane", "Alt+Shift+ArrowRight"},
	{"fewer", "Show one pane fewer", "Alt+Shift+ArrowLeft"},
	{"away", "Toggle away", "Alt+B"},
	{"palette", "All commands", "Ctrl+K"},
	{"help", "Keyboard shortcuts", "Alt+F1"},
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
			return "", fail.New(fail.Invalid, "“%s” has more than one key. Use a shortcut such as Ctrl+Shift+H or Alt+F2.", s)
		}
		if key = arrowNames[part]; key == "" {
			key = strings.ToUpper(part)
		}
	}
	if !keyName.MatchString(key) {
		return "", fail.New(fail.Invalid, "“%s” is not a shortcut. Use a shortcut such as Ctrl+Shift+H or Alt+F2.", s)
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
		return "", fail.New(fail.Invalid, "%s would type a character. Add Ctrl or Alt.", full)
	case reservedByBrowsers[full]:
		return "", fail.New(fail.Invalid, "%s is reserved by browsers. Choose another shortcut.", full)
	case has["Ctrl"] && has["Alt"] && !has["Shift"]:
		return "", fail.New(fail.Invalid,
			"%s types a character on many keyboards (Ctrl and Alt together are AltGr). Choose another shortcut.", full)
	case has["Alt"] && !has["Ctrl"] && !has["Shift"] && key >= "1" && key <= "9" && len(key) == 1:
		return "", fail.New(fail.Invalid, "%s opens a conversation in the list. Choose another shortcut.", full)
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
			return "", fail.New(fail.Invalid, "%s is already used for “%s”. Choose another shortcut, such as Ctrl+Shift+F2.", full, c.Label)
		}
	}
	return full, nil
}
