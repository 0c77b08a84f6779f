package main

import (
	"parley/app/serve"
)

// help is what "parley help" prints.
const help = `Parley: live chat for customer service.

  parley serve [--demo]     run the server; --demo adds demo data with fixed logins, for a first look
  parley migrate [--status] create or update the schema, then exit (for releases); --status only lists what is applied
  parley doctor [--json]    check the settings and everything that they name: database, bus, storage, mail, public address
  parley health [--ready]   ask the server on PORT whether it is alive (or ready), for health checks of containers
  parley organization NAME EMAIL  create an organization and print the link with which its owner sets a password
  parley invite NAME EMAIL  invite an address to create an organization, where SIGNUP is invite
  parley reset-link EMAIL   print a link that sets a new password for an address
  parley version            print the version of this program (also parley --version, parley -v)
  parley traffic [flags]    simulate visitors of a running server (parley traffic -h)
  parley route --stdio      assign the conversations whose events come on standard input, one JSON object per line; without
                            a database (see app/domain/routing/stdio.go)
  parley route --compare    simulate eleven kinds of operation and compare the routing with round robin, longest idle and fewest open
  parley route --latency    print how long conversations wait in the queue while an agent is free, with a private Postgres
  parley suggest --stdio    suggest FAQ entries for messages that come on standard input, one JSON object per line; without a
                            database (see app/tools/measure/stdio.go)
  parley suggest --measure DIR...  measure the suggestions with folders of entries and messages
  parley vapid              create a pair of keys for Web Push
  parley bench [flags]      print the figures of this program on this machine (parley bench -h)
  parley chaos [flags]      kill, drain and restart instances during conversations, and check that nothing is lost (parley chaos -h)
  parley help               print this text; "parley COMMAND --help" describes one command and does nothing else

` + serve.EnvironmentHelp
