package traffic

import "net"

// Organization is an organization to play in: one website, one agent.
type Organization struct {
	ID           string
	Key          string // the widget's
	Host         string // that the website allows
	AgentEmail   string // the agent's log-in
	ManagerEmail string // the manager's, with the same password; empty: there is none
	Password     string
}

// Site is where the organization's visitors come from.
func (f Organization) Site(server string) Site {
	return Site{Server: server, Key: f.Key, Origin: "https://" + f.Host}
}

// FreePort returns a port of this machine that nothing listens on just now.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
