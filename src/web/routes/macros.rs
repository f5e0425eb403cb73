//! How the lines of the route table are written: each becomes an entry of `ROUTES`, a handler, and a part of the
//! description of the API.

macro_rules! access {
    (Public) => { Access::Public };
    (SignedIn) => { Access::SignedIn };
    (Page) => { Access::Page };
    (Member $($permission:ident)*) => { Access::Member(&[$(Permission::$permission),*]) };
}

macro_rules! method {
    (get) => {
        "GET"
    };
    (head) => {
        "HEAD"
    };
    (post) => {
        "POST"
    };
    (put) => {
        "PUT"
    };
    (patch) => {
        "PATCH"
    };
    (delete) => {
        "DELETE"
    };
    (options) => {
        "OPTIONS"
    };
}

macro_rules! route {
    (options) => {
        web::method(actix_web::http::Method::OPTIONS)
    };
    ($method:ident) => {
        web::$method()
    };
}

macro_rules! size {
    () => {
        BodySize::Normal
    };
    (import) => {
        BodySize::Import
    };
    (snapshot) => {
        BodySize::Snapshot
    };
    (asks) => {
        BodySize::Normal
    };
    (passed) => {
        BodySize::Passed
    };
}

macro_rules! asks {
    ($(import)?) => {
        false
    };
    (snapshot) => {
        false
    };
    (passed) => {
        false
    };
    (asks) => {
        true
    };
}

/// `method path access [permissions] [import, snapshot, passed or asks] => module::handler;`
macro_rules! routes {
    (@route $is_api:literal; $module:ident $handler:ident $method:ident $path:literal $access:ident [$($permission:ident)*] $($mark:ident)?) => {
        Route {
            name: concat!(stringify!($module), "_", stringify!($handler)),
            method: method!($method),
            path: $path,
            access: access!($access $($permission)*),
            size: size!($($mark)?),
            asks_itself: asks!($($mark)?),
            is_api: $is_api,
        }
    };
    (
        api { $($method:ident $path:literal $access:ident $([$($permission:ident)*])? $($mark:ident)? => $module:ident :: $handler:ident;)* }
        pages { $($page_method:ident $page_path:literal $page_access:ident $($page_mark:ident)? => $page_module:ident :: $page_handler:ident;)* }
    ) => {
        /// Every route of the server.
        pub const ROUTES: &[Route] = &[
            $(routes!(@route true; $module $handler $method $path $access [$($($permission)*)?] $($mark)?),)*
            $(routes!(@route false; $page_module $page_handler $page_method $page_path $page_access [] $($page_mark)?),)*
        ];

        #[derive(OpenApi)]
        #[openapi(paths($($module::$handler),*))]
        pub struct Documented;

        fn handlers() -> Vec<actix_web::Route> {
            vec![
                $(route!($method).to($module::$handler),)*
                $(route!($page_method).to($page_module::$page_handler),)*
            ]
        }
    };
}
