package main

import (
	"parley/app/serve"
)

// help is what "parley help" prints.
const help = `Parley: live chat for customer service.

  parley serve [--demo]     run the server; --demo adds demo data with fixed log-ins, for a first look
  parley migrate [--status] prepare or update the database, then end (for releases); --status only says how far it is
  parley doctor [--json]    check the settings and everything that they name: database, bus, storage, mail, public address
  parley health [--ready]   ask the server on PORT whether it is alive (or ready); for a container's health check
  parley organization NAME EMAIL  create an organization and print the link by which its owner sets a password
  parley invite NAME EMAIL  invite an address to create an organization, where SIGNUP is invite
  parley reset-link EMAIL   print a link that sets a new password for an address
  parley version            print the version of this program (also parley --version, parley -v)
  parley traffic [flags]    simulate visitors of a running server (parley traffic -h)
  parley route --stdio      decide about the conversations whose events come on standard input, a JSON object a line; without
                            a database (see app/domain/routing/stdio.go)
  parley route --compare    simulate ten kinds of operation and compare the rule with round robin, longest idle and fewest open
  parley route --latency    print how long conversations wait in the queue while an agent is free, with a private Postgres
  parley suggest --stdio    suggest FAQ entries for messages that come on standard input, a JSON object a line; without a
                            database (see app/tools/measure/stdio.go)
  parley suggest --measure DIR...  measure the suggestions on folders of entries and messages
  parley vapid              make a pair of keys for Web Push
  parley bench [flags]      print the figures of this program on this machine (parley bench -h)
  parley chaos [flags]      kill, drain and restart instances during conversations, and check that nothing is lost (parley chaos -h)
  parley help               this text; "parley COMMAND --help" describes one command, and does nothing else

` + serve.EnvironmentHelp
