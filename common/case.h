// What marks an SQLite file as a case.
#ifndef COMMON_CASE_H
#define COMMON_CASE_H

#define CASE_APPLICATION_ID 0x70636478 // 'pcdx': PRAGMA application_id
#define CASE_VERSION 7 // PRAGMA user_version: raised when a table, view or column is added, renamed or removed

#endif
