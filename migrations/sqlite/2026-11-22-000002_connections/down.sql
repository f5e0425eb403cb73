DROP TABLE connection_events;
DROP TABLE credentials;
DROP TABLE connection_keys;
DROP TABLE connections;
DROP TABLE component_pins;
DROP TABLE components;
