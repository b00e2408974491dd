package template

// readSystem reads what the evaluated resources describe. Values that have been reported come out empty.
func (l *loader) readSystem() *System {
	s := &System{
		Region: l.opts.Region, AccountID: l.opts.AccountID, Parameters: l.parameters,
		Conditions: map[string]bool{},
	}
	for name, c := range l.conditions {
		s.Conditions[name] = c.outcome
	}
	for _, r := range l.present(typeTable) {
		s.Tables = append(s.Tables, l.readTable(r))
	}
	for _, r := range l.present(typeQueue) {
		s.Queues = append(s.Queues, l.readQueue(r))
	}
	for _, r := range l.present(typeSecret) {
		s.Secrets = append(s.Secrets, l.readSecret(r))
	}
	for _, r := range l.present(typeRole) {
		s.Roles = append(s.Roles, l.readRole(r))
	}
	if r := l.one(typeWebSocketAPI); r != nil {
		s.WebSocket = l.readWebSocketAPI(r)
	}
	if r := l.one(typeHTTPAPI); r != nil {
		s.HTTP = l.readHTTPAPI(r)
	}
	for _, r := range l.present(typeFunction) {
		f := l.readFunction(r)
		s.Functions = append(s.Functions, f)
		l.readEvents(s, r, f)
	}
	l.readRouteResponses(s)
	l.readRouteSettings(s)
	return s
}

// one returns the only resource of a type: the local stack has one address for each kind of API.
func (l *loader) one(typ string) *resource {
	all := l.present(typ)
	if len(all) == 0 {
		return nil
	}
	for _, r := range all[1:] {
		l.report(r.key, "a second %s is not emulated, there is %s already", typ, all[0].id)
	}
	return all[0]
}

// find returns the resource of a type for which Ref or an attribute is what v says, and reports a problem if there is
// none.
func (l *loader) find(v *value, typ, attribute string) *resource {
	s := l.text(v, "")
	if v == nil || v.kind != text {
		return nil
	}
	for _, r := range l.present(typ) {
		if known, is := l.attributes(r)[attribute]; is && known == s {
			return r
		}
	}
	if attribute == "" {
		attribute = "id"
	}
	l.report(v.node, "%q is not the %s of an %s of this template", s, attribute, typ)
	return nil
}

func idOf(r *resource) string {
	if r == nil {
		return ""
	}
	return r.id
}
