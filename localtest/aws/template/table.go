package template

// readTable reads a table. AWS: CloudFormation Template Reference, AWS::DynamoDB::Table.
func (l *loader) readTable(r *resource) Table {
	known := l.attributes(r)
	t := Table{
		LogicalID: r.id,
		Name:      known[""],
		KeySchema: l.readKeySchema(l.required(r.value, "KeySchema")),
		StreamARN: known["StreamArn"],
	}
	// A table is billed by provisioned throughput unless it says otherwise, and that would have to be emulated.
	l.word(l.required(r.value, "BillingMode"), "", "PAY_PER_REQUEST")
	definitions := l.required(r.value, "AttributeDefinitions")
	for _, v := range l.items(definitions) {
		t.AttributeDefinitions = append(t.AttributeDefinitions, AttributeDefinition{
			AttributeName: l.text(l.required(v, "AttributeName"), ""),
			AttributeType: l.word(l.required(v, "AttributeType"), "", "S", "N", "B"),
		})
	}
	for _, v := range l.items(l.get(r.value, "GlobalSecondaryIndexes")) {
		t.GlobalSecondaryIndexes = append(t.GlobalSecondaryIndexes, l.readIndex(v))
	}
	if stream := l.get(r.value, "StreamSpecification"); stream != nil {
		t.StreamViewType = l.word(l.required(stream, "StreamViewType"), "",
			"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
	} else {
		t.StreamARN = ""
	}
	if ttl := l.get(r.value, "TimeToLiveSpecification"); ttl != nil && l.flag(l.required(ttl, "Enabled"), false) {
		t.TTLAttribute = l.text(l.required(ttl, "AttributeName"), "")
	}
	l.checkAttributes(t, definitions)
	return t
}

func (l *loader) readIndex(v *value) Index {
	projection := l.required(v, "Projection")
	index := Index{
		Name:           l.text(l.required(v, "IndexName"), ""),
		KeySchema:      l.readKeySchema(l.required(v, "KeySchema")),
		ProjectionType: l.word(l.required(projection, "ProjectionType"), "", "ALL", "KEYS_ONLY", "INCLUDE"),
	}
	for _, name := range l.items(l.get(projection, "NonKeyAttributes")) {
		index.NonKeyAttributes = append(index.NonKeyAttributes, l.text(name, ""))
	}
	return index
}

// readKeySchema: one partition key, and at most one sort key after it.
func (l *loader) readKeySchema(v *value) []KeyElement {
	var schema []KeyElement
	kinds := []string{"HASH", "RANGE"}
	for i, item := range l.items(v) {
		if i == len(kinds) {
			l.report(item.node, "a key has at most two parts")
			break
		}
		schema = append(schema, KeyElement{
			AttributeName: l.text(l.required(item, "AttributeName"), ""),
			KeyType:       l.word(l.required(item, "KeyType"), "", kinds[i]),
		})
	}
	if len(schema) == 0 && v != nil && v.kind == list {
		l.report(v.node, "a key has at least one part")
	}
	return schema
}

// checkAttributes: DynamoDB wants the attributes of all keys defined, each once, and no others.
func (l *loader) checkAttributes(t Table, definitions *value) {
	if definitions == nil || definitions.kind != list {
		return
	}
	used := map[string]bool{}
	for _, k := range t.KeySchema {
		used[k.AttributeName] = true
	}
	for _, index := range t.GlobalSecondaryIndexes {
		for _, k := range index.KeySchema {
			used[k.AttributeName] = true
		}
	}
	defined := map[string]bool{}
	for _, d := range t.AttributeDefinitions {
		if d.AttributeName != "" && (!used[d.AttributeName] || defined[d.AttributeName]) {
			l.report(definitions.node, "%s is defined twice, or is part of no key", d.AttributeName)
		}
		defined[d.AttributeName] = true
	}
	for name := range used {
		if name != "" && !defined[name] {
			l.report(definitions.node, "%s is part of a key and not defined", name)
		}
	}
}
