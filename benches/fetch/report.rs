//! What was found, as one table.

use anyhow::Result;

use crate::measure::Line;

/// Makes an empty database beside the server's own.
pub fn make_database(server: &str, size: usize) -> Result<String> {
    let name = format!("fetch_{size}_{}", std::process::id());
    let mut url = url::Url::parse(server)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        client.batch_execute(&format!("CREATE DATABASE {name}")).await
    })?;
    url.set_path(&name);
    Ok(url.into())
}

/// Sets each line beside the line of the same database and load with the fewest credentials.
pub fn compare_sizes(lines: &mut [Line]) {
    let all = lines.to_vec();
    for line in lines {
        let same = |other: &&Line| other.database == line.database && other.connections == line.connections;
        let smallest = all.iter().filter(same).min_by_key(|other| other.size);
        line.of_smallest = smallest.filter(|other| other.size < line.size).map(|other| line.ratio / other.ratio);
    }
}

pub fn table(lines: &[Line]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "database",
        "credentials",
        "connections",
        "ratio",
        "of the smallest",
        "bare /s",
        "keyway /s",
        "p50 µs",
        "p99 µs",
        "CPU µs (bare)",
        "MiB",
        "",
    ]);
    for line in lines {
        table.add_row([
            line.database.to_owned(),
            line.size.to_string(),
            line.connections.to_string(),
            format!("{:.2}", line.ratio),
            line.of_smallest.map(|share| format!("{share:.2}")).unwrap_or_default(),
            format!("{:.0}", line.bare.per_second),
            format!("{:.0}", line.keyway.per_second),
            line.keyway.p50_us.to_string(),
            line.keyway.p99_us.to_string(),
            format!("{:.1} ({:.1})", line.cpu_us, line.bare_cpu_us),
            format!("{:.0}", line.memory_mib),
            if line.is_within() { "ok".to_owned() } else { "OVER BUDGET".to_owned() },
        ]);
    }
    table.to_string()
}
