package bench

import (
	"fmt"
	"io"
	"os"

	"parley/app/tools/measure"
)

// SuggestCommand drives the engine of suggestions without a server: by operations on standard input, or to be measured.
func SuggestCommand(args []string, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "--stdio":
		return measure.RunOperations(os.Stdin, out)
	case len(args) > 0 && args[0] == "--measure":
		return measure.Report(out, args[1:])
	}
	return fmt.Errorf("suggest knows --stdio (entries, choices and messages on standard input) and --measure FOLDER... " +
		"(how good and how quick)")
}
